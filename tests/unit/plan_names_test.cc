#include <gtest/gtest.h>

#include "plan/default_value.h"
#include "plan/plan_json.h"
#include "plan/plan_text.h"
#include "plan/select_tables.h"
#include "plan_fixture.h"

namespace sluice::testing {
namespace {

PlanInput input_with_existing(IfExists choice) {
  PlanInput input = made_up_input({made_up_table("t", {{"id", TypeKind::kInt32}})});
  Table existing = made_up_table("t", {{"id", TypeKind::kInt32}});
  existing.name.schema = "public";
  input.target_inventory.tables = {existing};
  input.if_exists = choice;
  return input;
}

TEST(PlanNames, TakenNameIsExistsUnlessChosenOtherwise) {
  const Result<Plan> plan = make_plan(input_with_existing(IfExists::kFail), answers({}));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::kExists);
  EXPECT_EQ(plan.error().object, "public.t");
  EXPECT_TRUE(make_plan(input_with_existing(IfExists::kReplace), answers({})));
  EXPECT_TRUE(make_plan(input_with_existing(IfExists::kAppend), answers({})));
}

TEST(PlanNames, MergeNeedsAKey) {
  PlanInput input = input_with_existing(IfExists::kMerge);
  Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::kInvalid);
  input.merge_key = {"id"};
  plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->tables[0].target.merge_key, std::vector<std::string>{"id"});
  input.merge_key = {"nope"};
  EXPECT_FALSE(make_plan(input, answers({})));
}

TEST(PlanNames, AppendLeavesOutWhatTheTargetComputes) {
  PlanInput input = input_with_existing(IfExists::kAppend);
  Column computed = input.target_inventory.tables[0].columns[0];
  computed.name = "twice";
  computed.generated = true;
  input.target_inventory.tables[0].columns.push_back(computed);
  EXPECT_TRUE(make_plan(input, answers({})));
  input.target_inventory.tables[0].columns = {computed};
  input.target_inventory.tables[0].columns[0].name = "id";
  const Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().message,
            "table \"public.t\": column \"id\" is computed by the target and takes no values");
}

TEST(PlanNames, AppendRefusesAnotherShape) {
  PlanInput input = input_with_existing(IfExists::kAppend);
  input.target_inventory.tables[0].columns[0].type = simple_type(TypeKind::kText);
  const Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::kConflict);
}

TEST(PlanNames, NamesOver63BytesAreRefusedAnd63Pass) {
  for (const std::size_t length : {63U, 64U}) {
    PlanInput input =
        made_up_input({made_up_table(std::string(length, 'a'), {{"i", TypeKind::kInt32}})});
    const Result<Plan> plan = make_plan(input, answers({}));
    EXPECT_EQ(plan.has_value(), length == 63) << length;
    if (!plan) {
      EXPECT_EQ(plan.error().kind, ErrorKind::kConflict);
    }
  }
}

TEST(PlanNames, ColumnsThatDifferOnlyByCaseAreOneNameToTheEngine) {
  const PlanInput input =
      made_up_input({made_up_table("t", {{"a", TypeKind::kInt32}, {"A", TypeKind::kInt32}})});
  const Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(plan.error().object, "main.t.A");
}

TEST(PlanNames, MergeTakesTheKeyOfASourceWhoseTargetHoldsNone) {
  PlanInput input = input_with_existing(IfExists::kMerge);
  input.tables[0].keys = {{KeyKind::kPrimary, "", {"id"}}};
  input.target_capabilities.primary_keys = false;
  const Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->tables[0].target.merge_key, std::vector<std::string>{"id"});
}

TEST(PlanNames, NullsInAPrimaryKeyAreCountedWhereTheTargetTakesNone) {
  PlanInput input = made_up_input({made_up_table("t", {{"k", TypeKind::kText}})});
  input.tables[0].keys = {{KeyKind::kPrimary, "", {"k"}}};
  EXPECT_TRUE(make_plan(input, answers({})));
  const Result<Plan> plan = make_plan(input, answers({{"IS NULL", 2}}));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::kConflict);
  EXPECT_TRUE(plan.error().message.contains("2 rows have NULL in the primary key (k)"));
  input.target_capabilities.primary_keys_take_null = true;
  EXPECT_TRUE(make_plan(input, answers({{"IS NULL", 2}})));
}

TEST(PlanNames, RenameOfAnUnknownTableIsAnError) {
  PlanInput input = made_up_input({made_up_table("t", {{"i", TypeKind::kInt32}})});
  input.renames = {{"u", "v"}};
  EXPECT_FALSE(make_plan(input, answers({})));
  input.renames = {{"t", "archive.v"}};
  const Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->tables[0].target.name.display(), "archive.v");
}

TEST(PlanNames, RenameOfATableThatIsNotChosenIsAFinding) {
  PlanInput input = made_up_input({made_up_table("t", {{"i", TypeKind::kInt32}})});
  input.all_source_tables.push_back(made_up_table("u", {{"i", TypeKind::kInt32}}));
  input.renames = {{"u", "v"}};
  const Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].kind, "rename_not_used");
}

TEST(PlanNames, ForeignKeyFollowsItsTableAndIsAFindingOutside) {
  Table parent = made_up_table("parent", {{"id", TypeKind::kInt32}});
  Table child = made_up_table("child", {{"id", TypeKind::kInt32}});
  child.foreign_keys = {{"", {"id"}, {"main", "parent"}, {"id"}, "CASCADE", ""}};
  PlanInput input = made_up_input({parent, child});
  input.renames = {{"parent", "p2"}};
  Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->tables[1].target.foreign_keys.size(), 1U);
  EXPECT_EQ(plan->tables[1].target.foreign_keys[0].target.display(), "public.p2");
  plan = make_plan(made_up_input({child}), answers({}));
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->tables[0].target.foreign_keys.empty());
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].kind, "foreign_key_not_carried");
}

TEST(PlanNames, ForeignKeyAcrossSchemasIsAFindingWhereTheTargetHasNone) {
  Table parent = made_up_table("parent", {{"id", TypeKind::kInt32}});
  Table child = made_up_table("child", {{"id", TypeKind::kInt32}});
  child.name.schema = "other";
  child.foreign_keys = {{"", {"id"}, parent.name, {"id"}, "", ""}};
  PlanInput input = made_up_input({parent, child});
  input.renames = {{"other.child", "apart.child"}};
  Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->tables[1].target.foreign_keys.size(), 1U);
  input.target_capabilities.foreign_keys_across_schemas = false;
  plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->tables[1].target.foreign_keys.empty());
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].kind, "foreign_key_not_carried");
  input.renames = {{"other.child", "public.child"}};
  plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->tables[1].target.foreign_keys.size(), 1U);
}

TEST(PlanNames, DocumentComesBackAsItWas) {
  Table table = made_up_table("t", {{"id", TypeKind::kInt8}, {"x", TypeKind::kFloat64}});
  table.keys = {{KeyKind::kPrimary, "pk", {"id"}}};
  table.columns[0].default_sql = "7";
  PlanInput input = made_up_input({table});
  input.accept_losses = {"t.x:nan_as_null"};
  Result<Plan> plan = make_plan(input, answers({{"isnan", 1}}));
  ASSERT_TRUE(plan);
  plan->tables[0].chunks = {{0, "", "(5,0)", 100}, {1, "(5,0)", "", 100}};
  plan->fingerprint = "abc";
  const std::string text = plan_to_json(*plan);
  const Result<Plan> back = plan_from_json(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(plan_to_json(*back), text);
  EXPECT_EQ(back->tables[0].chunks[1].begin, "(5,0)");
  EXPECT_EQ(back->tables[0].target.columns[0].default_sql, "7");
  EXPECT_TRUE(plan_to_text(*back).contains("lossy"));
}

TEST(PlanNames, DamagedDocumentsAreRefused) {
  for (const char* text : {"", "[]", "{}", "{\"sluice_plan\":1}", "{\"sluice_plan\":2}"}) {
    EXPECT_FALSE(plan_from_json(text)) << text;
  }
}

TEST(SelectTables, GlobsViewsAndMisses) {
  Inventory inventory;
  for (const char* name : {"bars_1m", "bars_1s", "klines"}) {
    inventory.tables.push_back(made_up_table(name, {}));
  }
  inventory.tables.push_back(made_up_table("bars_view", {}));
  inventory.tables.back().is_view = true;
  EXPECT_EQ(select_tables(inventory, {}, {}, false)->size(), 3U);
  EXPECT_EQ(select_tables(inventory, {"bars*"}, {}, false)->size(), 2U);
  EXPECT_EQ(select_tables(inventory, {"main.bars_view"}, {}, false)->size(), 1U);
  EXPECT_EQ(select_tables(inventory, {}, {"bars_1?"}, false)->size(), 1U);
  EXPECT_EQ(select_tables(inventory, {"bars_1[!s]"}, {}, false)->size(), 1U);
  EXPECT_FALSE(select_tables(inventory, {"BARS_1m"}, {}, false));
  EXPECT_EQ(select_tables(inventory, {"BARS_1m"}, {}, true)->size(), 1U);
  const auto missed = select_tables(inventory, {"barz_1m"}, {}, false);
  ASSERT_FALSE(missed);
  EXPECT_EQ(missed.error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(missed.error().hint.contains("bars_1m"));
}

TEST(PortableDefault, LiteralsPassAndExpressionsDoNot) {
  EXPECT_EQ(portable_default("7"), "7");
  EXPECT_EQ(portable_default("((-1.50))"), "-1.50");
  EXPECT_EQ(portable_default("'it''s'"), "'it''s'");
  EXPECT_EQ(portable_default("'x'::character varying"), "'x'");
  EXPECT_EQ(portable_default("CAST('x' AS VARCHAR)"), "'x'");
  EXPECT_EQ(portable_default("CAST(7 AS DECIMAL(10,2))"), "7");
  EXPECT_EQ(portable_default("now()"), "CURRENT_TIMESTAMP");
  EXPECT_EQ(portable_default("TRUE"), "true");
  EXPECT_EQ(portable_default("'a' || 'b'"), std::nullopt);
  EXPECT_EQ(portable_default("nextval('s'::regclass)"), std::nullopt);
  EXPECT_EQ(portable_default("random()"), std::nullopt);
}

}  // namespace
}  // namespace sluice::testing
