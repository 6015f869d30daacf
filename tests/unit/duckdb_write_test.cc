#include <thread>

#include "endpoint/duckdb/duckdb_endpoint.h"
#include "endpoint/sql_names.h"
#include "unit/file_endpoint_fixture.h"

namespace sluice {
namespace {

constexpr const char* kRun = "01JD0000000000000000000001";

class DuckdbWriteTest : public FileEndpointTest {
 protected:
  std::filesystem::path file() const { return folder_ / "target.duckdb"; }

  std::unique_ptr<Endpoint> open() {
    Location location;
    location.kind = "duckdb";
    location.path = file().string();
    auto endpoint = open_duckdb(location, *engine_, true);
    EXPECT_TRUE(endpoint) << endpoint.error().message;
    return endpoint ? std::move(*endpoint) : nullptr;
  }
  // Makes the target as somebody else would, before the run.
  void make_target(const std::string& statements) {
    sql("ATTACH '" + file().string() + "' AS made; USE made; " + statements +
        "; USE memory; DETACH made");
  }
  // Looks at the target as somebody else would, after the endpoint was closed.
  std::string look(const std::string& query) {
    sql("ATTACH '" + file().string() + "' AS looked (READ_ONLY); USE looked");
    const std::string out = ask(query);
    sql("USE memory; DETACH looked");
    return out;
  }
  std::string tables() {
    return look("SELECT table_name FROM duckdb_tables() WHERE database_name = 'looked' ORDER BY 1");
  }
  std::string ddl() {
    return look(
        "SELECT sql FROM duckdb_tables() WHERE database_name = 'looked' UNION ALL "
        "SELECT sql FROM duckdb_indexes() WHERE database_name = 'looked' UNION ALL "
        "SELECT sql FROM duckdb_views() WHERE database_name = 'looked' AND NOT internal UNION ALL "
        "SELECT sql FROM duckdb_sequences() WHERE database_name = 'looked' ORDER BY 1");
  }
  // A whole run of one chunk a table.
  void run(Endpoint& endpoint, const TargetPlan& plan, const std::vector<std::string>& selects) {
    auto session = endpoint.write(kRun, plan);
    ASSERT_OK(session);
    ASSERT_OK((*session)->prepare(plan));
    for (std::size_t i = 0; i < plan.tables.size(); ++i) {
      ASSERT_OK(write(**session, plan.tables[i], 0, selects[i]));
      ASSERT_OK((*session)->finish(plan.tables[i]));
    }
    ASSERT_OK((*session)->publish());
    ASSERT_OK((*session)->publish());
    EXPECT_EQ(PublishState::kPublished, (*session)->publish_state().value());
  }
  void roll_back(const TargetPlan& plan) {
    const auto endpoint = open();
    auto session = endpoint->write(kRun, plan);
    ASSERT_OK(session);
    const auto said = (*session)->rollback(true);
    ASSERT_OK(said);
    const auto done = (*session)->rollback(false);
    ASSERT_OK(done);
    EXPECT_EQ(*said, *done);
    const auto again = (*session)->rollback(false);
    ASSERT_OK(again);
    EXPECT_TRUE(again->empty());
  }
  void forget(const TargetPlan& plan) {
    const auto endpoint = open();
    auto session = endpoint->write(kRun, plan);
    ASSERT_OK(session);
    ASSERT_OK((*session)->forget());
  }
};

TEST_F(DuckdbWriteTest, every_type_arrives_unchanged) {
  const std::string select = "SELECT * FROM test_all_types()";
  std::vector<std::string> columns;
  {
    const auto endpoint = open();
    TargetPlan plan;
    plan.tables.push_back(target_table(*endpoint, "all_types", select));
    for (const TargetColumn& column : plan.tables[0].columns) columns.push_back(column.name);
    run(*endpoint, plan, {select});
    EXPECT_EQ(3U, rows_done_.load());
  }
  EXPECT_EQ("3", look("SELECT count(*) FROM all_types"));
  for (const std::string& column : columns) {
    const std::string text =
        "SELECT CAST(\"" + column + "\" AS VARCHAR), typeof(\"" + column + "\")";
    EXPECT_EQ(ask(text + " FROM test_all_types()"), look(text + " FROM all_types")) << column;
  }
}

TEST_F(DuckdbWriteTest, a_file_that_the_run_made_is_removed_by_rollback) {
  TargetPlan plan;
  {
    const auto endpoint = open();
    auto nothing = endpoint->read();
    ASSERT_OK(nothing);
    EXPECT_TRUE((*nothing)->inspect().value().tables.empty());
    plan.tables.push_back(target_table(*endpoint, "t", "SELECT 1 AS id"));
    run(*endpoint, plan, {"SELECT range::INTEGER AS id FROM range(10)"});
  }
  EXPECT_EQ("sluice_01jd0000000000000000000001_ledger;t", tables());
  roll_back(plan);
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_EQ(std::vector<std::string>{}, names_in(folder_));
}

TEST_F(DuckdbWriteTest, a_session_that_died_before_publish_goes_on) {
  TargetPlan plan;
  Digest first;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "t", "SELECT 1::BIGINT AS id, 'x' AS s"));
    auto session = endpoint->write(kRun, plan);
    ASSERT_OK(session);
    ASSERT_OK((*session)->prepare(plan));
    const auto receipt =
        write(**session, plan.tables[0], 0, "SELECT range AS id, 'a' AS s FROM range(5000)");
    ASSERT_OK(receipt);
    first = receipt->digest;
    EXPECT_EQ("invalid", kind_of(write(**session, plan.tables[0], 1,
                                       "SELECT range, error('broken')::VARCHAR FROM range(3)")));
  }
  const auto endpoint = open();
  auto session = endpoint->write(kRun, plan);
  ASSERT_OK(session);
  ASSERT_OK((*session)->prepare(plan));
  const auto landed = (*session)->landed();
  ASSERT_OK(landed);
  ASSERT_EQ(1U, landed->at(0).size());
  EXPECT_EQ(first, landed->at(0).at(0));
  EXPECT_EQ(5000U, first.rows);
  EXPECT_EQ(PublishState::kNotPublished, (*session)->publish_state().value());
  EXPECT_EQ("conflict", kind_of(write(**session, plan.tables[0], 0, "SELECT 1::BIGINT, 'x'")));
  ASSERT_OK(write(**session, plan.tables[0], 1, "SELECT 5000::BIGINT, NULL::VARCHAR"));
  ASSERT_OK((*session)->discard_table(plan.tables[0]));
  EXPECT_TRUE((*session)->landed().value().at(0).empty());
  ASSERT_OK(write(**session, plan.tables[0], 0, "SELECT 7::BIGINT, ''"));
  ASSERT_OK((*session)->publish());
  session->reset();
  const auto read = endpoint->read();
  ASSERT_OK(read);
  const auto inventory = (*read)->inspect();
  ASSERT_OK(inventory);
  ASSERT_EQ(1U, inventory->tables.size());
  EXPECT_EQ(1U, (*read)->count(inventory->tables[0]).value());
}

TEST_F(DuckdbWriteTest, a_taken_name_is_refused_and_nothing_is_left) {
  make_target("CREATE TABLE T (id INTEGER); INSERT INTO T VALUES (1)");
  const std::string before = ddl();
  TargetPlan plan;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "t", "SELECT 1 AS id"));
    auto session = endpoint->write(kRun, plan);
    ASSERT_OK(session);
    EXPECT_EQ("exists", kind_of((*session)->prepare(plan)));
  }
  EXPECT_EQ(before, ddl());
}

TEST_F(DuckdbWriteTest, replace_keeps_the_old_tables_and_rollback_puts_them_back) {
  make_target(
      "CREATE SEQUENCE s START 50; "
      "CREATE TABLE plain (id INTEGER PRIMARY KEY DEFAULT nextval('s'), n VARCHAR NOT NULL UNIQUE, "
      "g INTEGER GENERATED ALWAYS AS (id * 2), CHECK (id > 0)); "
      "INSERT INTO plain (id, n) VALUES (1, 'one'), (2, ''); CREATE INDEX plain_n ON plain (n); "
      "COMMENT ON TABLE plain IS 'it''s old'; COMMENT ON COLUMN plain.n IS 'name'; "
      "CREATE TABLE parent (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES parent (id)); "
      "INSERT INTO parent VALUES (1, NULL); INSERT INTO parent VALUES (2, 1); "
      "CREATE TABLE child (id INTEGER, p INTEGER REFERENCES parent (id), x DOUBLE); "
      "INSERT INTO child VALUES (1, 2, 'nan'), (1, NULL, -0.0), (1, NULL, -0.0); "
      "CREATE INDEX child_id ON child (id, x); CREATE VIEW v AS SELECT n FROM plain");
  const std::string before = ddl();
  const std::string rows =
      "SELECT (SELECT list(p ORDER BY id) FROM plain p)::VARCHAR, "
      "(SELECT list(p ORDER BY id) FROM parent p)::VARCHAR, "
      "(SELECT list(c ORDER BY p, x) FROM child c)::VARCHAR, "
      "(SELECT list(n ORDER BY n) FROM v)::VARCHAR, "
      "(SELECT list(comment ORDER BY comment) FROM duckdb_columns() "
      "WHERE comment IS NOT NULL)::VARCHAR, "
      "(SELECT list(comment) FROM duckdb_tables() "
      "WHERE comment IS NOT NULL)::VARCHAR";
  const std::string rows_before = look(rows);
  TargetPlan plan;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "child", "SELECT 1 AS id, 1 AS p"));
    plan.tables.push_back(target_table(*endpoint, "parent", "SELECT 1 AS id, 1 AS boss"));
    plan.tables.push_back(target_table(*endpoint, "plain", "SELECT 1 AS id, '' AS n"));
    for (TargetTable& table : plan.tables) table.if_exists = IfExists::kReplace;
    plan.tables[0].foreign_keys.push_back({"", {"p"}, {"main", "parent"}, {"id"}, "", ""});
    plan.tables[1].keys.push_back({KeyKind::kPrimary, "", {"id"}});
    plan.tables[1].foreign_keys.push_back({"", {"boss"}, {"main", "parent"}, {"id"}, "", ""});
    plan.tables[2].keys.push_back({KeyKind::kPrimary, "", {"id"}});
    plan.tables[2].keys.push_back({KeyKind::kUnique, "", {"n"}});
    plan.tables[2].columns[0].identity = true;
    plan.tables[2].columns[0].nullable = false;
    plan.tables[2].indexes.push_back({"plain_n", {"n"}, false, ""});
    plan.tables[2].comment = "new";
    plan.tables[2].columns[1].comment = "new name";
    plan.views.push_back({{"main", "w"}, "CREATE VIEW w AS SELECT * FROM v"});
    plan.views.push_back({{"main", "v"}, "CREATE VIEW v AS SELECT id FROM plain"});
    run(*endpoint, plan,
        {"SELECT 8, 3", "SELECT range::INTEGER, nullif(range - 1, -1)::INTEGER FROM range(40)",
         "SELECT 41, 'x'"});
  }
  EXPECT_EQ("8|3", look("FROM child"));
  EXPECT_EQ("40|38", look("SELECT count(*), max(boss) FROM parent"));
  EXPECT_EQ("41|x", look("FROM plain"));
  EXPECT_EQ("41", look("FROM w"));
  EXPECT_EQ("plain_n", look("SELECT index_name FROM duckdb_indexes()"));
  EXPECT_EQ("new name", look("SELECT comment FROM duckdb_columns() WHERE table_name = 'plain' "
                             "AND comment IS NOT NULL"));
  EXPECT_EQ("42", look("SELECT start_value FROM duckdb_sequences() WHERE sequence_name = "
                       "'plain_id_seq'"));
  EXPECT_EQ("3", look("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '%_kept_%'"));
  roll_back(plan);
  EXPECT_EQ(before, ddl());
  EXPECT_EQ(rows_before, look(rows));
}

TEST_F(DuckdbWriteTest, forget_leaves_only_the_new_tables) {
  make_target(
      "CREATE SEQUENCE t_id_seq; CREATE TABLE t (id INTEGER DEFAULT nextval('t_id_seq')); "
      "INSERT INTO t VALUES (1)");
  TargetPlan plan;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "t", "SELECT 1 AS id"));
    plan.tables[0].if_exists = IfExists::kReplace;
    plan.tables[0].columns[0].identity = true;
    run(*endpoint, plan, {"SELECT 9"});
  }
  forget(plan);
  EXPECT_EQ("t", tables());
  EXPECT_EQ("9", look("FROM t"));
  EXPECT_EQ("t_id_seq1", look("SELECT sequence_name FROM duckdb_sequences()"));
}

TEST_F(DuckdbWriteTest, append_and_merge_keep_the_tables_structure) {
  make_target(
      "CREATE SEQUENCE s; CREATE TABLE a (id INTEGER DEFAULT nextval('s'), x VARCHAR); "
      "INSERT INTO a VALUES (1, 'old'), (1, 'old'); CREATE INDEX a_x ON a (x); "
      "CREATE TABLE m (k INTEGER PRIMARY KEY, x VARCHAR CHECK (x <> 'bad')); "
      "INSERT INTO m VALUES (1, 'old'), (2, 'old'), (3, NULL)");
  const std::string before = ddl();
  TargetPlan plan;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "a", "SELECT 1 AS id, '' AS x"));
    plan.tables.push_back(target_table(*endpoint, "m", "SELECT 1 AS k, '' AS x"));
    plan.tables[0].if_exists = IfExists::kAppend;
    plan.tables[1].if_exists = IfExists::kMerge;
    plan.tables[1].merge_key = {"k"};
    run(*endpoint, plan,
        {"SELECT 1, 'old' UNION ALL SELECT 90, NULL", "SELECT 2, 'new' UNION ALL SELECT 4, 'new'"});
  }
  EXPECT_EQ("1|old;1|old;1|old;90|NULL", look("FROM a ORDER BY ALL"));
  EXPECT_EQ("1|old;2|new;3|NULL;4|new", look("FROM m ORDER BY k"));
  EXPECT_EQ("91", look("SELECT start_value FROM duckdb_sequences()"));
  EXPECT_EQ("CREATE INDEX a_x ON a(x);", look("SELECT sql FROM duckdb_indexes()"));
  EXPECT_EQ("CREATE TABLE m(k INTEGER PRIMARY KEY, x VARCHAR, CHECK((x != 'bad')));",
            look("SELECT sql FROM duckdb_tables() WHERE table_name = 'm'"));
  roll_back(plan);
  EXPECT_EQ(before, ddl());
  EXPECT_EQ("1|old;1|old", look("FROM a"));
  EXPECT_EQ("1|old;2|old;3|NULL", look("FROM m ORDER BY k"));
}

TEST_F(DuckdbWriteTest, an_enums_name_that_a_new_table_would_lose_is_refused) {
  make_target(
      "CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE SEQUENCE s; CREATE TABLE t (id BIGINT "
      "DEFAULT nextval('s'), m mood); INSERT INTO t VALUES (1, 'sad')");
  const std::string before = ddl();
  const std::string rows = "SELECT 90::BIGINT AS id, 'glad'::ENUM('glad', 'sad') AS m";
  TargetPlan plan;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "t", rows));
    plan.tables[0].if_exists = IfExists::kAppend;
    auto session = endpoint->write(kRun, plan);
    ASSERT_OK(session);
    ASSERT_OK((*session)->prepare(plan));
    ASSERT_OK(write(**session, plan.tables[0], 0, rows));
    const Status published = (*session)->publish();
    EXPECT_EQ("unsupported", kind_of(published));
    EXPECT_NE(std::string::npos, published.error().message.find("enum of column \"m\""));
  }
  roll_back(plan);
  EXPECT_EQ(before, ddl());
  EXPECT_EQ("1|sad", look("FROM t"));
}

TEST_F(DuckdbWriteTest, comments_of_indexes_come_back) {
  make_target(
      "CREATE TABLE t (id INTEGER); CREATE INDEX t_id ON t (id); COMMENT ON INDEX t_id IS 'it''s'");
  TargetPlan plan;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "t", "SELECT 1 AS id"));
    plan.tables[0].if_exists = IfExists::kReplace;
    run(*endpoint, plan, {"SELECT 9"});
  }
  roll_back(plan);
  EXPECT_EQ("t_id|it's", look("SELECT index_name, comment FROM duckdb_indexes()"));
}

TEST_F(DuckdbWriteTest, a_target_that_changed_meanwhile_is_a_conflict) {
  make_target("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1)");
  TargetPlan plan;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "t", "SELECT 1 AS id"));
    plan.tables[0].if_exists = IfExists::kReplace;
    auto session = endpoint->write(kRun, plan);
    ASSERT_OK(session);
    ASSERT_OK((*session)->prepare(plan));
    ASSERT_OK(write(**session, plan.tables[0], 0, "SELECT 5"));
  }
  make_target("INSERT INTO t VALUES (2)");
  {
    const auto endpoint = open();
    auto session = endpoint->write(kRun, plan);
    ASSERT_OK(session);
    ASSERT_OK((*session)->prepare(plan));
    EXPECT_EQ("conflict", kind_of((*session)->publish()));
  }
  roll_back(plan);
  EXPECT_EQ("t", tables());
  EXPECT_EQ("1;2", look("FROM t ORDER BY id"));
}

TEST_F(DuckdbWriteTest, another_schema_is_made_and_removed_again) {
  make_target("CREATE TABLE t (id INTEGER)");
  const std::string before = ddl();
  TargetPlan plan;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "p", "SELECT 1 AS id"));
    plan.tables.push_back(target_table(*endpoint, "c", "SELECT 1 AS id"));
    for (TargetTable& table : plan.tables) table.name.schema = "my sales";
    plan.tables[0].keys.push_back({KeyKind::kPrimary, "", {"id"}});
    plan.tables[0].columns[0].identity = true;
    plan.tables[1].foreign_keys.push_back({"", {"id"}, {"my sales", "p"}, {"id"}, "", ""});
    plan.tables[1].indexes.push_back({"c_id", {"id"}, false, ""});
    run(*endpoint, plan, {"SELECT 3", "SELECT 3"});
  }
  EXPECT_EQ("3|3", look("SELECT * FROM \"my sales\".c, \"my sales\".p"));
  roll_back(plan);
  EXPECT_EQ(before, ddl());
  EXPECT_EQ("0", look("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'my sales'"));
}

TEST_F(DuckdbWriteTest, rows_that_break_a_key_are_a_conflict) {
  const auto endpoint = open();
  TargetPlan plan;
  plan.tables.push_back(target_table(*endpoint, "t", "SELECT 1 AS id"));
  plan.tables[0].keys.push_back({KeyKind::kPrimary, "", {"id"}});
  auto session = endpoint->write(kRun, plan);
  ASSERT_OK(session);
  ASSERT_OK((*session)->prepare(plan));
  EXPECT_EQ("conflict", kind_of(write(**session, plan.tables[0], 0,
                                      "SELECT (range % 5)::INTEGER FROM range(10)")));
  EXPECT_TRUE((*session)->landed().value().at(0).empty());
}

TEST_F(DuckdbWriteTest, foreign_keys_in_a_circle_are_refused_by_name) {
  const auto endpoint = open();
  TargetPlan plan;
  for (const char* name : {"a", "b"}) {
    plan.tables.push_back(target_table(*endpoint, name, "SELECT 1 AS id"));
    plan.tables.back().keys.push_back({KeyKind::kPrimary, "", {"id"}});
  }
  plan.tables[0].foreign_keys.push_back({"", {"id"}, {"main", "b"}, {"id"}, "", ""});
  plan.tables[1].foreign_keys.push_back({"", {"id"}, {"main", "a"}, {"id"}, "", ""});
  auto session = endpoint->write(kRun, plan);
  ASSERT_OK(session);
  const Status prepared = (*session)->prepare(plan);
  EXPECT_EQ("unsupported", kind_of(prepared));
  EXPECT_NE(std::string::npos, prepared.error().message.find("\"main.a\", \"main.b\""));
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(DuckdbWriteTest, several_threads_write_chunks_of_one_table) {
  TargetPlan plan;
  {
    const auto endpoint = open();
    plan.tables.push_back(target_table(*endpoint, "t", "SELECT 1::BIGINT AS id"));
    plan.tables[0].keys.push_back({KeyKind::kPrimary, "", {"id"}});
    auto session = endpoint->write(kRun, plan);
    ASSERT_OK(session);
    ASSERT_OK((*session)->prepare(plan));
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const auto connection = engine_->connect();
        for (int chunk = i; chunk < 12; chunk += 4) {
          ChunkJob job;
          job.table = &plan.tables[0];
          job.chunk = chunk;
          job.select_sql = "SELECT range FROM range(" + std::to_string(chunk * 10000) + ", " +
                           std::to_string(chunk * 10000 + 10000) + ")";
          if (!(*session)->write_chunk(job, **connection)) ++failed;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(0, failed.load());
    EXPECT_EQ(12U, (*session)->landed().value().at(0).size());
    ASSERT_OK((*session)->publish());
  }
  EXPECT_EQ("120000|7199940000", look("SELECT count(*), sum(id) FROM t"));
}

}  // namespace
}  // namespace sluice
