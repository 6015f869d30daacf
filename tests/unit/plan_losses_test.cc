#include <gtest/gtest.h>

#include "plan_fixture.h"

namespace sluice::testing {
namespace {

TEST(PlanLosses, ExactColumnsNeedNoAcceptance) {
  PlanInput input = made_up_input({made_up_table("t", {{"i", TypeKind::kInt32}})});
  const Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_FALSE(plan->refused());
  EXPECT_EQ(plan->tables[0].columns[0].mapping, Mapping::kExact);
  EXPECT_EQ(plan->tables[0].columns[0].expression, "\"i\"");
  EXPECT_EQ(plan->tables[0].target.name.display(), "public.t");
}

TEST(PlanLosses, WidenedColumnIsCastToWhatItTravelsIn) {
  PlanInput input = made_up_input({made_up_table("t", {{"i", TypeKind::kInt8}})});
  const Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->tables[0].columns[0].mapping, Mapping::kWidened);
  EXPECT_EQ(plan->tables[0].columns[0].expression, "CAST(\"i\" AS SMALLINT)");
}

TEST(PlanLosses, ValuesThatDoNotFitRefuseWithTheFlagToType) {
  PlanInput input = made_up_input({made_up_table("t", {{"x", TypeKind::kFloat64}})});
  const Result<Plan> plan = make_plan(input, answers({{"isnan", 3}}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_TRUE(plan->refused());
  EXPECT_EQ(plan->accept_flags(), std::vector<std::string>{"--accept-loss main.t.x:nan_as_null"});
  EXPECT_EQ(plan->tables[0].columns[0].losses[0].values, 3U);
  EXPECT_EQ(plan->tables[0].columns[0].losses[0].message, "3 values: no NaN here");
}

TEST(PlanLosses, TextAloneIsProposedWhereItKeepsWhatSeveralChecksWouldLose) {
  PlanInput input = made_up_input({made_up_table("t", {{"x", TypeKind::kFloat64}})});
  const Result<Plan> plan = make_plan(input, answers({{"isnan", 3}, {"signbit", 1}}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->tables[0].columns[0].losses.size(), 2U);
  EXPECT_EQ(plan->accept_flags(), std::vector<std::string>{"--accept-loss main.t.x:as_text"});
}

TEST(PlanLosses, AcceptedValueLossIsInTheExpressionAndAllowsNull) {
  Table table = made_up_table("t", {{"x", TypeKind::kFloat64}});
  table.columns[0].nullable = false;
  PlanInput input = made_up_input({table});
  input.accept_losses = {"t.x:nan_as_null"};
  const Result<Plan> plan = make_plan(input, answers({{"isnan", 1}}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_FALSE(plan->refused());
  const ColumnPlan& column = plan->tables[0].columns[0];
  EXPECT_EQ(column.expression, "CASE WHEN isnan(\"x\") THEN NULL ELSE \"x\" END");
  EXPECT_EQ(column.mapping, Mapping::kLossy);
  EXPECT_TRUE(column.losses.at(0).accepted);
  EXPECT_TRUE(plan->tables[0].target.columns[0].nullable);
}

TEST(PlanLosses, AcceptanceThatIsNotNeededChangesNothing) {
  PlanInput input = made_up_input({made_up_table("t", {{"x", TypeKind::kFloat64}})});
  input.accept_losses = {"t.x:as_text"};
  const Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->tables[0].columns[0].mapping, Mapping::kExact);
  EXPECT_EQ(plan->tables[0].columns[0].expression, "\"x\"");
  ASSERT_EQ(plan->findings.size(), 1U);
  EXPECT_EQ(plan->findings[0].kind, "loss_not_needed");
  EXPECT_EQ(plan->findings[0].object, "t.x");
}

TEST(PlanLosses, TypeThatIsNotHeldNeedsItsRemedyByName) {
  PlanInput input = made_up_input({made_up_table("t", {{"s", TypeKind::kStruct}})});
  Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_TRUE(plan->refused());
  EXPECT_EQ(plan->tables[0].columns[0].mapping, Mapping::kUnsupported);
  EXPECT_EQ(plan->accept_flags(), std::vector<std::string>{"--accept-loss main.t.s:as_json"});
  input.accept_losses = {"main.t.s:as_json"};
  plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_FALSE(plan->refused());
  EXPECT_EQ(plan->tables[0].target.columns[0].type.kind, TypeKind::kJson);
  EXPECT_EQ(plan->tables[0].columns[0].expression, "CAST(to_json(\"s\") AS VARCHAR)");
}

TEST(PlanLosses, HazardTravelsAsTextOnlyWhenAccepted) {
  Table table = made_up_table("t", {{"m", TypeKind::kInt64}});
  table.columns[0].hazards = {{"mixed_types", "1 of 10 values is text", 1}};
  PlanInput input = made_up_input({table});
  Result<Plan> plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_TRUE(plan->refused());
  EXPECT_EQ(plan->accept_flags(), std::vector<std::string>{"--accept-loss main.t.m:as_text"});
  input.accept_losses = {"t.m:as_text"};
  plan = make_plan(input, answers({}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_FALSE(plan->refused());
  EXPECT_EQ(plan->tables[0].source.columns[0].type.kind, TypeKind::kText);
}

TEST(PlanLosses, RejectedRowsAreLeftOutInsteadOfRefused) {
  PlanInput input = made_up_input({made_up_table("t", {{"x", TypeKind::kFloat64}})});
  input.reject_bad_rows = true;
  const Result<Plan> plan = make_plan(input, answers({{"isnan", 2}}));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_FALSE(plan->refused());
  EXPECT_EQ(plan->tables[0].reject_predicate, "(\"x\" IS NOT NULL AND isnan(\"x\"))");
  EXPECT_EQ(Plan::select_sql(plan->tables[0], "r"),
            "SELECT \"x\" AS \"x\" FROM r WHERE "
            "((\"x\" IS NOT NULL AND isnan(\"x\"))) IS NOT TRUE");
}

TEST(PlanLosses, AcceptanceThatNamesNothingIsAnError) {
  PlanInput input = made_up_input({made_up_table("t", {{"x", TypeKind::kInt32}})});
  for (const char* entry : {"t.y:as_text", "u.x:as_text", "t.x:as_tekst", "tx"}) {
    input.accept_losses = {entry};
    const Result<Plan> plan = make_plan(input, answers({}));
    ASSERT_FALSE(plan) << entry;
    EXPECT_EQ(plan.error().kind, ErrorKind::kInvalid) << entry;
  }
}

TEST(PlanLosses, ValuesThatAreLostBesideOthersAloneAreHeldWithoutThem) {
  PlanInput input = made_up_input({made_up_table("t", {{"x", TypeKind::kInt64}})});
  input.rule = [](const Type& type) {
    TypeRule rule = made_up_rule(type);
    rule.checks = {negative_zero_check("one zero")};
    rule.checks[0].beside_sql = "is_plain({0})";
    return rule;
  };
  const Result<Plan> alone = make_plan(input, answers({{"signbit", 2}}));
  ASSERT_TRUE(alone) << alone.error().message;
  EXPECT_FALSE(alone->refused());
  const Result<Plan> both = make_plan(input, answers({{"signbit", 2}, {"is_plain", 1}}));
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_TRUE(both->refused());
  EXPECT_EQ(both->tables[0].columns[0].losses[0].values, 2U);
}

TEST(PlanLosses, AHazardThatIsAcceptedUnderItsOwnNameKeepsTheType) {
  Table table = made_up_table("t", {{"at", TypeKind::kTimestampTz}});
  table.columns[0].hazards = {{"sub_micro", "nanoseconds", 0, LossReason::kTruncateSubMicro}};
  PlanInput input = made_up_input({table});
  const Result<Plan> refused = make_plan(input, answers({}));
  ASSERT_TRUE(refused) << refused.error().message;
  EXPECT_EQ(refused->accept_flags(),
            std::vector<std::string>{"--accept-loss main.t.at:truncate_sub_micro"});
  input.accept_losses = {"t.at:truncate_sub_micro"};
  const Result<Plan> accepted = make_plan(input, answers({}));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_FALSE(accepted->refused());
  EXPECT_EQ(accepted->tables[0].target.columns[0].type.kind, TypeKind::kTimestampTz);
  EXPECT_EQ(accepted->tables[0].columns[0].mapping, Mapping::kLossy);
}

}  // namespace
}  // namespace sluice::testing
