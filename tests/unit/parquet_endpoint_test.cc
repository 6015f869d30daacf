#include "endpoint/parquet/parquet_endpoint.h"

#include <fstream>

#include "base/file.h"
#include "unit/file_endpoint_fixture.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
constexpr const char* kRun = "01JD0000000000000000000001";
using Names = std::vector<std::string>;

class ParquetEndpointTest : public FileEndpointTest {
 protected:
  fs::path lake() const { return folder_ / "lake"; }
  Result<std::unique_ptr<Endpoint>> open(const fs::path& path, bool for_writing) {
    Location location;
    location.kind = "parquet";
    location.path = path.string();
    return open_parquet(location, *engine_, for_writing);
  }
  std::unique_ptr<Endpoint> target() {
    auto endpoint = open(lake(), true);
    EXPECT_TRUE(endpoint) << endpoint.error().message;
    return std::move(*endpoint);
  }
  void copy(const std::string& select, const std::string& file) {
    fs::create_directories((lake() / file).parent_path());
    sql("COPY (" + select + ") TO '" + (lake() / file).string() + "' (FORMAT parquet)");
  }
  std::string look(const std::string& columns, const std::string& files,
                   const std::string& tail = "") {
    return ask("SELECT " + columns + " FROM read_parquet('" + (lake() / files).string() + "') " +
               tail);
  }
  std::unique_ptr<WriteSession> session(Endpoint& endpoint, const TargetPlan& plan) {
    auto opened = endpoint.write(kRun, plan);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  TargetPlan plan_of(Endpoint& endpoint, const std::string& name, const std::string& select,
                     IfExists if_exists) {
    TargetPlan plan;
    plan.tables.push_back(target_table(endpoint, name, select));
    plan.tables[0].if_exists = if_exists;
    return plan;
  }
  // Every name below the folder with what is in the files.
  std::string everything() {
    std::string out;
    if (!fs::exists(lake())) return "none";
    std::vector<fs::path> paths;
    for (const auto& e : fs::recursive_directory_iterator(lake())) paths.push_back(e.path());
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) {
      out += path.lexically_relative(lake()).string() + " ";
      if (fs::is_regular_file(path))
        out += std::to_string(std::hash<std::string>()(*read_file(path)));
      out += ";";
    }
    return out;
  }
  Digest digest(const std::string& relation) {
    Digest out;
    const Status done = connection_->stream("FROM " + relation, [&](const Batch& batch) -> Status {
      out += digest_of(batch);
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return out;
  }
};

TEST_F(ParquetEndpointTest, every_type_either_arrives_unchanged_or_is_refused) {
  const auto endpoint = target();
  const auto columns = connection_->describe("FROM test_all_types()");
  ASSERT_OK(columns);
  Names refused;
  TargetPlan plan;
  TargetTable& table = plan.tables.emplace_back();
  table.name.name = "t";
  Names selected;
  Names texts;
  for (const ResultColumn& column : *columns) {
    const TypeRule rule = endpoint->rule(column.type);
    if (rule.mapping == Mapping::kUnsupported) {
      refused.push_back(column.name);
      EXPECT_FALSE(rule.remedies.empty());
      EXPECT_FALSE(rule.reason.empty());
      continue;
    }
    const std::string name = quote_identifier(column.name);
    TargetColumn& added = table.columns.emplace_back();
    added.name = column.name;
    added.type = rule.carried;
    added.native_type = rule.native_type;
    // A huge number of 39 digits, and microseconds of an interval, are what rules' checks ask
    // about.
    const bool huge = rule.carried.kind == TypeKind::kDecimal && rule.carried.precision == 38 &&
                      rule.carried.scale == 0;
    std::string value = name;
    if (huge) value = "if(abs(CAST(" + name + " AS DOUBLE)) > 1e30, 7, " + name + ")";
    if (rule.carried.kind == TypeKind::kInterval) value = "date_trunc('second', " + name + ")";
    selected.push_back("CAST(" + value + " AS " + rule.native_type + ") AS " + name);
    texts.push_back("CAST(" + name + " AS VARCHAR)");
  }
  EXPECT_EQ((Names{"bignum", "time_tz", "bit", "union"}), refused);
  const std::string select = "SELECT " + join(selected, ", ") + " FROM test_all_types()";
  {
    const auto run = session(*endpoint, plan);
    ASSERT_OK(run->prepare(plan));
    const auto receipt = write(*run, table, 0, select);
    ASSERT_OK(receipt);
    EXPECT_EQ(3U, receipt->digest.rows);
    EXPECT_EQ(3U, rows_done_.load());
    EXPECT_LT(0U, receipt->bytes);
    ASSERT_OK(run->publish());
  }
  EXPECT_EQ(ask("SELECT " + join(texts, ", ") + " FROM (" + select + ")"),
            look(join(texts, ", "), "t.parquet"));
  EXPECT_EQ(kRun,
            look("decode(value)", "t.parquet").empty()
                ? ""
                : ask("SELECT decode(value) FROM parquet_kv_metadata('" +
                      (lake() / "t.parquet").string() + "') WHERE decode(key) = 'sluice_run'"));
}

TEST_F(ParquetEndpointTest, rules_of_types_that_copy_would_change) {
  const auto endpoint = target();
  const auto rule = [&](const std::string& type) {
    const TypeRule found = endpoint->rule(parse_type(type).value());
    std::string out = std::string(to_string(found.mapping)) + " " + to_string(found.carried);
    for (const ValueCheck& check : found.checks) out += " " + check.kind;
    for (const Remedy& remedy : found.remedies) out += " +" + std::string(to_string(remedy.reason));
    return out;
  };
  EXPECT_EQ("widened decimal(38,0) out_of_range", rule("int128"));
  EXPECT_EQ("widened decimal(38,0) out_of_range", rule("uint128"));
  EXPECT_EQ("exact decimal(12,2) nan infinity", rule("numeric(12,2)"));
  EXPECT_EQ("unsupported numeric +as_text", rule("numeric"));
  EXPECT_EQ("exact interval out_of_range", rule("interval"));
  EXPECT_EQ("unsupported timetz +as_text", rule("timetz"));
  EXPECT_EQ("exact timestamptz infinity", rule("timestamptz"));
  EXPECT_EQ("widened timestamp infinity", rule("timestamp_s"));
  EXPECT_EQ("exact time out_of_range", rule("time"));
  EXPECT_EQ("widened text", rule("enum(\"a\",\"b\")"));
  EXPECT_EQ("exact json invalid_json", rule("json"));
  EXPECT_EQ("widened list<int32>", rule("array(3)<int32>"));
  EXPECT_EQ("unsupported union<\"a\":int32,\"b\":text> +as_text +as_json",
            rule("union<\"a\":int32,\"b\":text>"));
  EXPECT_EQ("exact list<interval> out_of_range", rule("list<interval>"));
  EXPECT_EQ("widened time sub_micro out_of_range", rule("time_ns"));
  EXPECT_EQ("widened struct<\"a\":decimal(38,0)> out_of_range", rule("struct<\"a\":int128>"));
  EXPECT_EQ("exact float64", rule("float64"));
}

TEST_F(ParquetEndpointTest, tables_are_files_and_folders) {
  copy("SELECT 1 AS i, 'x' AS s", "one.parquet");
  copy("SELECT 1 AS i", "many/a.parquet");
  copy("SELECT 2::BIGINT AS i, 'new' AS s", "many/deep/b.parquet");
  copy("SELECT 5 AS v", "hive/k=1/a.parquet");
  copy("SELECT 6 AS v", "hive/k=x/a.parquet");
  copy("SELECT 1 AS i", "_hidden.parquet");
  copy("SELECT 1 AS i", ".hidden/a.parquet");
  fs::create_directories(lake() / "empty");
  std::ofstream(lake() / "readme.txt") << "no table";
  const auto endpoint = open(lake(), false);
  ASSERT_OK(endpoint);
  const auto read = (*endpoint)->read();
  ASSERT_OK(read);
  const auto inventory = (*read)->inspect();
  ASSERT_OK(inventory);
  Names found;
  for (const Table& table : inventory->tables) {
    std::string text = table.name.display() + " " + std::to_string(*table.rows) + ":";
    for (const Column& column : table.columns) {
      text += " " + column.name + " " + to_string(column.type);
    }
    found.push_back(text);
  }
  EXPECT_EQ((Names{"hive 2: v int32 k text", "many 2: i int64 s text", "one 1: i int32 s text"}),
            found);
  for (const ReadPath path : {ReadPath::kFast, ReadPath::kIndependent}) {
    const auto relation = [&](std::size_t i) {
      return (*read)->relation(inventory->tables[i], nullptr, path).value();
    };
    EXPECT_EQ("5|1;6|x", ask("FROM " + relation(0) + " ORDER BY v"));
    EXPECT_EQ("1|NULL;2|new", ask("FROM " + relation(1) + " ORDER BY i"));
    EXPECT_EQ("1|x", ask("FROM " + relation(2)));
  }
  // Each chunk of tables whose files differ has the table's columns.
  for (std::size_t i = 0; i < 2; ++i) {
    const auto chunks = (*read)->chunks(inventory->tables[i], 1);
    ASSERT_OK(chunks);
    ASSERT_EQ(2U, chunks->size());
    Digest sum;
    for (const ChunkRange& chunk : *chunks) {
      sum += digest((*read)->relation(inventory->tables[i], &chunk, ReadPath::kFast).value());
    }
    EXPECT_EQ(digest((*read)->relation(inventory->tables[i], nullptr, ReadPath::kFast).value()),
              sum);
  }
  const auto single = open(lake() / "one.parquet", false);
  ASSERT_OK(single);
  EXPECT_EQ("one", (*single)->read().value()->inspect()->tables.at(0).name.name);
  copy("SELECT 1 AS i", "many.parquet");
  EXPECT_EQ("invalid", kind_of((*(*endpoint)->read())->inspect()));
}

TEST_F(ParquetEndpointTest, chunks_are_row_ranges_and_groups_of_files) {
  sql("COPY (SELECT range AS i FROM range(1000000)) TO '" + folder_.string() +
      "/big.parquet' (FORMAT parquet)");
  for (int i = 0; i < 5; ++i)
    copy("SELECT range AS i FROM range(10)", "t/" + std::to_string(i) + ".parquet");
  fs::rename(folder_ / "big.parquet", lake() / "t" / "2x.parquet");
  const auto endpoint = open(lake(), false);
  const auto read = (*endpoint)->read();
  const auto inventory = (*read)->inspect();
  ASSERT_OK(inventory);
  const Table& table = inventory->tables.at(0);
  EXPECT_EQ(1000050U, *table.rows);
  const auto chunks = (*read)->chunks(table, 300000);
  ASSERT_OK(chunks);
  Names bounds;
  Digest sum;
  for (const ChunkRange& chunk : *chunks) {
    bounds.push_back(chunk.begin + "-" + chunk.end + "=" + std::to_string(chunk.rows_estimate));
    const Digest part = digest((*read)->relation(table, &chunk, ReadPath::kFast).value());
    EXPECT_EQ(chunk.rows_estimate, part.rows);
    sum += part;
  }
  EXPECT_EQ((Names{"0:0-3:0=30", "3:0-3:245760=245760", "3:245760-3:491520=245760",
                   "3:491520-3:737280=245760", "3:737280-3:983040=245760", "3:983040-4:0=16960",
                   "4:0-=20"}),
            bounds);
  EXPECT_EQ(digest((*read)->relation(table, nullptr, ReadPath::kIndependent).value()), sum);
}

TEST_F(ParquetEndpointTest, broken_files_are_named) {
  copy("SELECT 1 AS i", "t.parquet");
  const std::string whole = read_file(lake() / "t.parquet").value();
  const auto inspect = [&](const std::string& bytes) {
    std::ofstream(lake() / "t.parquet", std::ios::binary) << bytes;
    const auto inventory = open(lake(), false).value()->read().value()->inspect();
    return kind_of(inventory) + ": " + (inventory ? "" : inventory.error().message);
  };
  const std::string name = "\"" + (lake() / "t.parquet").string() + "\": ";
  EXPECT_EQ("corrupt: " + name + "is no whole Parquet file: it has 0 bytes", inspect(""));
  EXPECT_EQ("corrupt: " + name + "is no Parquet file: it does not begin with PAR1",
            inspect("id,name\n1,one\n2,two\n"));
  EXPECT_EQ("corrupt: " + name + "is cut off: it does not end with PAR1",
            inspect(whole.substr(0, whole.size() - 7)));
  EXPECT_EQ("not_found", kind_of(open(folder_ / "nothing", false)));
  EXPECT_EQ("invalid", kind_of(open(lake() / "t.parquet", true)));
}

TEST_F(ParquetEndpointTest, a_run_goes_on_after_a_crash_and_leaves_nothing_behind) {
  TargetPlan plan;
  Digest first;
  {
    const auto endpoint = target();
    EXPECT_TRUE(endpoint->read().value()->inspect()->tables.empty());
    plan = plan_of(*endpoint, "t", "SELECT 1::BIGINT AS i, 'x' AS s", IfExists::kFail);
    plan.tables.push_back(target_table(*endpoint, "none", "SELECT 1 AS i"));
    plan.tables[1].name.schema = "sales";
    const auto run = session(*endpoint, plan);
    ASSERT_OK(run->prepare(plan));
    const auto receipt = write(*run, plan.tables[0], 0, "SELECT range, 'a' FROM range(10)");
    ASSERT_OK(receipt);
    first = receipt->digest;
    EXPECT_EQ("invalid",
              kind_of(write(*run, plan.tables[0], 1, "SELECT 1, error('broken')::VARCHAR")));
  }
  // A line that a crash cut off does not count.
  std::ofstream(lake() / ".sluice_01jd0000000000000000000001" / "ledger.jsonl", std::ios::app)
      << "{\"kind\":\"chunk\",\"table\":\"t\",\"chunk\":1,\"ro";
  const auto endpoint = target();
  auto run = session(*endpoint, plan);
  ASSERT_OK(run->prepare(plan));
  ASSERT_EQ(1U, run->landed()->at(0).size());
  EXPECT_EQ(first, run->landed()->at(0).at(0));
  EXPECT_EQ(10U, first.rows);
  EXPECT_EQ("conflict", kind_of(write(*run, plan.tables[0], 0, "SELECT 1::BIGINT, 'x'")));
  ASSERT_OK(write(*run, plan.tables[0], 1, "SELECT 10::BIGINT, NULL::VARCHAR"));
  ASSERT_OK(write(*run, plan.tables[1], 0, "SELECT 1::INTEGER WHERE false"));
  EXPECT_EQ((Names{".sluice_01jd0000000000000000000001"}), names_in(lake()));
  // What was staged can be read before it is published.
  Table staged;
  staged.name = run->staged_name(plan.tables[0]);
  staged.columns.resize(2);
  staged.columns[0].name = "i";
  staged.columns[0].type = simple_type(TypeKind::kInt64);
  staged.columns[1].name = "s";
  staged.columns[1].type = simple_type(TypeKind::kText);
  const auto reader = endpoint->read();
  const std::string relation = (*reader)->relation(staged, nullptr, ReadPath::kFast).value();
  EXPECT_EQ("11|55", ask("SELECT count(*), sum(i)::VARCHAR FROM " + relation));
  ASSERT_OK(run->publish());
  ASSERT_OK(run->publish());
  EXPECT_EQ(PublishState::kPublished, run->publish_state().value());
  EXPECT_EQ((Names{".sluice_01jd0000000000000000000001", ".sluice_01jd0000000000000000000001_kept",
                   "sales.none.parquet", "t"}),
            names_in(lake()));
  EXPECT_EQ("11", look("count(*)", "t/*.parquet"));
  EXPECT_EQ("0", look("count(*)", "sales.none.parquet"));
  run.reset();
  const auto steps = session(*endpoint, plan)->rollback(true);
  ASSERT_OK(steps);
  EXPECT_EQ(*steps, session(*endpoint, plan)->rollback(false).value());
  EXPECT_FALSE(fs::exists(lake()));
  EXPECT_TRUE(session(*endpoint, plan)->rollback(false)->empty());
}

TEST_F(ParquetEndpointTest, replace_append_and_merge_are_undone_by_rollback_and_kept_by_forget) {
  struct Case {
    IfExists if_exists;
    std::string rows;
  };
  for (const Case& c :
       {Case{IfExists::kReplace, "2|new;9|new"}, Case{IfExists::kAppend, "1|old;2|new;2|old;9|new"},
        Case{IfExists::kMerge, "1|old;2|new;9|new"}}) {
    fs::remove_all(lake());
    copy("SELECT 1 AS k, 'old' AS s", "t/a.parquet");
    copy("SELECT 2 AS k, 'old' AS s", "t/part-000001.parquet");
    const std::string before = everything();
    const auto endpoint = target();
    const std::string select = "SELECT 2 AS k, 'new' AS s UNION ALL SELECT 9, 'new'";
    TargetPlan plan = plan_of(*endpoint, "t", select, c.if_exists);
    plan.tables[0].merge_key = {"k"};
    const auto publish = [&] {
      const auto run = session(*endpoint, plan);
      ASSERT_OK(run->prepare(plan));
      ASSERT_OK(write(*run, plan.tables[0], 0, select));
      ASSERT_OK(run->publish());
      const bool is_file = c.if_exists == IfExists::kReplace;
      EXPECT_EQ(c.rows, look("*", is_file ? "t.parquet" : "t/*.parquet", "ORDER BY ALL"));
      EXPECT_EQ(is_file, !fs::exists(lake() / "t"));
    };
    publish();
    ASSERT_OK(session(*endpoint, plan)->rollback(false));
    EXPECT_EQ(before, everything());
    publish();
    ASSERT_OK(session(*endpoint, plan)->forget());
    EXPECT_EQ(1U, names_in(lake()).size());
    fs::remove_all(lake());
    copy("SELECT 1 AS k, 'old' AS s", "t.parquet");
    EXPECT_EQ("exists", kind_of([&] {
                plan.tables[0].if_exists = IfExists::kFail;
                return session(*endpoint, plan)->prepare(plan);
              }()));
  }
}

TEST_F(ParquetEndpointTest, rollback_and_publish_work_from_every_rename) {
  for (int crash = 0; crash <= 5; ++crash) {
    for (const bool forward : {false, true}) {
      fs::remove_all(lake());
      copy("SELECT 1 AS k", "a.parquet");
      copy("SELECT 1 AS k", "b/x.parquet");
      const std::string before = everything();
      const auto endpoint = target();
      TargetPlan plan = plan_of(*endpoint, "a", "SELECT 1 AS k", IfExists::kReplace);
      plan.tables.push_back(plan.tables[0]);
      plan.tables[1].name.name = "b";
      auto run = session(*endpoint, plan);
      ASSERT_OK(run->prepare(plan));
      for (const TargetTable& table : plan.tables)
        ASSERT_OK(write(*run, table, 0, "SELECT 7 AS k"));
      ASSERT_OK(run->publish());
      // Back to the state after `crash` of the five renames, without the marker.
      const fs::path staging = lake() / ".sluice_01jd0000000000000000000001";
      const fs::path kept = lake() / ".sluice_01jd0000000000000000000001_kept";
      const std::vector<std::pair<fs::path, fs::path>> moves = {
          {lake() / "a.parquet", kept / "a.parquet.kept"},
          {staging / "final" / "a.parquet", lake() / "a.parquet"},
          {lake() / "b", kept / "b"},
          {kept / "b" / "x.parquet", kept / "b" / "x.parquet.kept"},
          {staging / "final" / "b.parquet", lake() / "b.parquet"}};
      for (int i = 4; i >= crash; --i) {
        fs::rename(moves[static_cast<std::size_t>(i)].second,
                   moves[static_cast<std::size_t>(i)].first);
      }
      std::string ledger = read_file(staging / "ledger.jsonl").value();
      ledger.resize(ledger.find("{\"kind\":\"published\"}"));
      std::ofstream(staging / "ledger.jsonl", std::ios::trunc) << ledger;
      run = session(*endpoint, plan);
      EXPECT_EQ(PublishState::kNotPublished, run->publish_state().value());
      if (forward) {
        ASSERT_OK(run->publish());
        EXPECT_EQ("7;7", ask("SELECT k FROM read_parquet(['" + (lake() / "a.parquet").string() +
                             "', '" + (lake() / "b.parquet").string() + "'])"));
      }
      ASSERT_OK(run->rollback(false));
      EXPECT_EQ(before, everything()) << crash << forward;
    }
  }
}

TEST_F(ParquetEndpointTest, a_changed_target_and_impossible_names_are_refused) {
  copy("SELECT 1 AS k", "t.parquet");
  const auto endpoint = target();
  TargetPlan plan = plan_of(*endpoint, "t", "SELECT 1 AS k", IfExists::kReplace);
  const auto run = session(*endpoint, plan);
  ASSERT_OK(run->prepare(plan));
  ASSERT_OK(write(*run, plan.tables[0], 0, "SELECT 7 AS k"));
  copy("SELECT 2 AS k", "t.parquet");
  EXPECT_EQ("conflict", kind_of(run->publish()));
  ASSERT_OK(run->rollback(false));
  EXPECT_EQ("2", look("k", "t.parquet"));
  for (const char* name : {"a/b", ".hidden", "_x", ""}) {
    plan.tables[0].name.name = name;
    EXPECT_EQ("unsupported", kind_of(session(*endpoint, plan)->prepare(plan))) << name;
  }
  plan.tables[0] = target_table(*endpoint, "t", "SELECT 'text' AS k");
  plan.tables[0].if_exists = IfExists::kAppend;
  const Status prepared = session(*endpoint, plan)->prepare(plan);
  EXPECT_EQ("invalid", kind_of(prepared));
  EXPECT_EQ("table \"t\": column \"k\" is int32 in the target, text in the source",
            prepared.error().message);
  EXPECT_EQ((Names{"t.parquet"}), names_in(lake()));
}

TEST_F(ParquetEndpointTest, fingerprint_changes_with_the_files_only) {
  copy("SELECT 1 AS k", "t.parquet");
  const auto endpoint = open(lake(), false);
  const auto fingerprint = [&] { return (*endpoint)->read().value()->fingerprint().value(); };
  const std::string first = fingerprint();
  EXPECT_EQ(first, fingerprint());
  copy("SELECT 2 AS k", "t.parquet");
  EXPECT_NE(first, fingerprint());
}

}  // namespace
}  // namespace sluice
