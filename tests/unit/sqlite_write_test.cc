#include "unit/sqlite_fixture.h"

namespace sluice {
namespace {

constexpr const char* kRun = "01JD0000000000000000000000";

class SqliteWrite : public SqliteTest {
 protected:
  void start(const TargetPlan& plan) {
    target_ = open(true);
    auto session = target_->write(kRun, plan);
    ASSERT_TRUE(session) << session.error().message;
    session_ = std::move(*session);
    ASSERT_OK(session_->prepare(plan));
  }
  // One table from one SELECT, up to publication.
  void publish(const std::string& name, const std::string& select, IfExists if_exists,
               std::vector<Key> keys = {}) {
    target_ = open(true);
    TargetTable table = target_table(*target_, name, select);
    table.if_exists = if_exists;
    table.keys = std::move(keys);
    table.merge_key = table.keys.empty() ? std::vector<std::string>() : table.keys[0].columns;
    plan_.tables = {table};
    start(plan_);
    if (HasFatalFailure()) return;
    ASSERT_OK(write(*session_, plan_.tables[0], 0, select));
    ASSERT_OK(session_->finish(plan_.tables[0]));
    ASSERT_OK(session_->publish());
  }
  void expect_sound() {
    EXPECT_EQ(lite_rows("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(lite_rows("PRAGMA foreign_key_check"), "");
  }

  TargetPlan plan_;
  std::unique_ptr<Endpoint> target_;
  std::unique_ptr<WriteSession> session_;
};

TEST_F(SqliteWrite, every_type_is_stored_as_a_literal_says) {
  const std::string select =
      "SELECT true AS b, (-128)::TINYINT AS i1, 32767::SMALLINT AS i2, (-2147483648)::INTEGER AS "
      "i4, "
      "9223372036854775807::BIGINT AS i8, 255::UTINYINT AS u1, 4294967295::UINTEGER AS u4, "
      "18446744073709551615::UBIGINT AS u8, (-170141183460469231731687303715884105728)::HUGEINT AS "
      "h, "
      "1.5::FLOAT AS f, 0.1::DOUBLE AS d, 12345678.91::DECIMAL(10,2) AS d10, 3.00::DECIMAL(10,2) "
      "AS "
      "d3, 1234567890123456789012345678.0123456789::DECIMAL(38,10) AS d38, 'é' || chr(0) || 'x' AS "
      "v, "
      "'\\x00\\xFF'::BLOB AS x, DATE '2009-01-31' AS day, DATE '0044-03-15 (BC)' AS bc, "
      "DATE 'infinity' AS inf, TIME '24:00:00' AS t, TIMESTAMP '2009-01-01 00:00:00' AS ts, "
      "TIMESTAMP '1969-12-31 23:59:59.999999' AS tsf, TIMESTAMPTZ '2020-02-02 02:02:02+00' AS tz, "
      "TIMESTAMP_NS '2020-01-01 00:00:00.123456789' AS ns, INTERVAL '14 months 3 days 4.5 seconds' "
      "AS "
      "iv, UUID '00112233-4455-6677-8899-aabbccddeeff' AS u, '0101'::BIT AS bits, '{\"a\": "
      "1}'::JSON "
      "AS j, 'x'::ENUM('x', 'y')::VARCHAR AS e, TIMETZ '12:00:00+05:30' AS ttz, 'infinity'::DOUBLE "
      "AS finf";
  publish("t", select, IfExists::kFail);
  EXPECT_EQ(
      lite_rows("SELECT b, i1, i2, i4, i8, u1, u4, u8, h, f, d, d10, d3, d38, hex(v), hex(x), day, "
                "bc, inf, t, ts, tsf, tz, ns, iv, u, bits, j, e, ttz, finf FROM t"),
      "1|-128|32767|-2147483648|9223372036854775807|255|4294967295|18446744073709551615|-"
      "170141183460469231731687303715884105728|1.5|0.1|12345678.91|3|1234567890123456789012345678."
      "0123456789|C3A90078|00FF|2009-01-31|0044-03-15 BC|infinity|24:00:00|2009-01-01 "
      "00:00:00|1969-12-31 23:59:59.999999|2020-02-02 02:02:02+00|2020-01-01 "
      "00:00:00.123456789|P14M3DT4.5S|00112233-4455-6677-8899-aabbccddeeff|0101|{\"a\": "
      "1}|x|12:00:00+05:30|Inf");
  EXPECT_EQ(
      lite_rows("SELECT typeof(b), typeof(u8), typeof(d), typeof(d10), typeof(d3), typeof(d38), "
                "typeof(x), typeof(ts), typeof(u) FROM t"),
      "integer|text|real|real|integer|text|blob|text|text");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  EXPECT_EQ(
      types_of(table),
      "boolean int8 int16 int32 int64 uint8 uint32 uint64 int128 float32 float64 decimal(10,2) "
      "decimal(10,2) decimal(38,10) text blob date date date time timestamp timestamp "
      "timestamptz timestamp_ns interval uuid bit json text timetz float64");
  contents(*session, table, "* REPLACE (hex(v) AS v)");
}

TEST_F(SqliteWrite, digest_of_what_was_written_equals_the_one_read_back) {
  const std::string select =
      "SELECT i AS id, i::DECIMAL(18,3) / 7 AS d, (i * 0.37)::DOUBLE AS r, 'row ' || i AS v, "
      "DATE '1600-01-01' + i::INT * 100 AS day, TIMESTAMP '1900-01-01' + INTERVAL (i * 1000001) "
      "MICROSECOND AS ts, CASE WHEN i % 3 = 0 THEN NULL ELSE i::DECIMAL(15,2) / 100 "
      "END::DECIMAL(15,2) "
      "AS n FROM range(-1000, 3000) AS t(i)";
  target_ = open(true);
  plan_.tables = {target_table(*target_, "t", select)};
  start(plan_);
  const auto receipt = write(*session_, plan_.tables[0], 0, select);
  ASSERT_OK(receipt);
  EXPECT_EQ(receipt->digest.rows, 4000U);
  const auto session = reading();
  Table table;
  table.name = session_->staged_name(plan_.tables[0]);
  for (const TargetColumn& column : plan_.tables[0].columns) {
    Column& added = table.columns.emplace_back();
    added.name = column.name;
    added.type = column.type;
  }
  for (const ReadPath path : {ReadPath::kFast, ReadPath::kIndependent}) {
    const auto relation = session->relation(table, nullptr, path);
    ASSERT_OK(relation);
    Digest digest;
    ASSERT_OK(connection_->stream("SELECT * FROM " + *relation, [&](const Batch& batch) -> Status {
      digest += digest_of(batch);
      return {};
    }));
    EXPECT_EQ(digest, receipt->digest);
  }
}

TEST_F(SqliteWrite, nan_and_negative_zero_are_refused) {
  target_ = open(true);
  plan_.tables = {target_table(*target_, "t", "SELECT 1.0::DOUBLE AS r")};
  start(plan_);
  EXPECT_EQ(kind_of(write(*session_, plan_.tables[0], 0, "SELECT 'nan'::DOUBLE AS r")),
            "would_lose_data");
  EXPECT_EQ(kind_of(write(*session_, plan_.tables[0], 0, "SELECT -0.0::DOUBLE AS r")),
            "would_lose_data");
  const auto landed = session_->landed();
  ASSERT_OK(landed);
  EXPECT_TRUE((*landed)[0].empty());
  // Why: this is what SQLite itself makes of them.
  lite("CREATE TABLE z (r REAL); INSERT INTO z VALUES (-0.0), (9e999 - 9e999)");
  EXPECT_EQ(lite_rows("SELECT quote(r) FROM z"), "0.0;NULL");
}

TEST_F(SqliteWrite, a_chunk_lands_once_and_survives_a_crash_before_publication) {
  target_ = open(true);
  plan_.tables = {target_table(*target_, "t", "SELECT 1::BIGINT AS id")};
  start(plan_);
  const auto first = write(*session_, plan_.tables[0], 0, "SELECT 7::BIGINT AS id");
  ASSERT_OK(first);
  const auto again = write(*session_, plan_.tables[0], 0, "SELECT 8::BIGINT AS id");
  ASSERT_OK(again);
  EXPECT_EQ(again->digest, first->digest);
  session_.reset();  // the crash
  EXPECT_EQ(reading()->inspect()->tables.size(), 0U);

  start(plan_);
  const auto landed = session_->landed();
  ASSERT_OK(landed);
  ASSERT_EQ((*landed)[0].size(), 1U);
  EXPECT_EQ((*landed)[0].at(0), first->digest);
  EXPECT_EQ(*session_->publish_state(), PublishState::kNotPublished);
  ASSERT_OK(write(*session_, plan_.tables[0], 1, "SELECT 9::BIGINT AS id"));
  ASSERT_OK(session_->publish());
  EXPECT_EQ(*session_->publish_state(), PublishState::kPublished);
  ASSERT_OK(session_->publish());
  EXPECT_EQ(lite_rows("SELECT id FROM t ORDER BY id"), "7;9");
  session_.reset();
  start(plan_);  // once more after publication: nothing to do
  EXPECT_EQ(lite_rows("SELECT id FROM t ORDER BY id"), "7;9");
  EXPECT_EQ(session_->staged_name(plan_.tables[0]).name, "t");
}

TEST_F(SqliteWrite, rows_that_break_a_key_name_it_and_leave_nothing) {
  target_ = open(true);
  TargetTable table = target_table(*target_, "t", "SELECT 1::BIGINT AS id, 'a' AS v");
  table.keys = {{KeyKind::kPrimary, "pk", {"id"}}, {KeyKind::kUnique, "u", {"v"}}};
  plan_.tables = {table};
  start(plan_);
  const auto primary = write(*session_, plan_.tables[0], 0,
                             "SELECT 5::BIGINT AS id, 'v' || i AS v FROM range(2) AS r(i)");
  ASSERT_FALSE(primary);
  EXPECT_EQ(primary.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(primary.error().message,
            "table \"t\": a row breaks its primary key (id) = (5): UNIQUE constraint failed: t.id");
  const auto unique =
      write(*session_, plan_.tables[0], 0, "SELECT i AS id, 'same' AS v FROM range(2) AS r(i)");
  ASSERT_FALSE(unique);
  EXPECT_EQ(unique.error().message,
            "table \"t\": a row breaks a unique key (v) = (same): UNIQUE constraint failed: t.v");
  EXPECT_TRUE((*session_->landed())[0].empty());
}

TEST_F(SqliteWrite, rollback_removes_a_file_that_the_run_made) {
  publish("t", "SELECT 1::BIGINT AS id", IfExists::kFail);
  const auto steps = session_->rollback(true);
  ASSERT_OK(steps);
  EXPECT_EQ((*steps)[0], "remove file \"" + path_ + "\", which the run made");
  EXPECT_TRUE(std::filesystem::exists(path_));
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(names_in(folder_), std::vector<std::string>{});
  ASSERT_OK(session_->rollback(false));
}

TEST_F(SqliteWrite, rollback_keeps_a_file_in_which_others_work) {
  publish("t", "SELECT 1::BIGINT AS id", IfExists::kFail);
  lite("CREATE TABLE mine (a)");
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(lite_rows("SELECT name FROM sqlite_schema"), "mine");
}

TEST_F(SqliteWrite, fail_refuses_a_taken_name_in_any_case) {
  lite("CREATE TABLE Taken (a)");
  target_ = open(true);
  plan_.tables = {target_table(*target_, "taken", "SELECT 1 AS a")};
  auto session = target_->write(kRun, plan_);
  ASSERT_OK(session);
  EXPECT_EQ(kind_of((*session)->prepare(plan_)), "exists");
  EXPECT_EQ(lite_rows("SELECT name FROM sqlite_schema"), "Taken");
}

// A database with all that publishing has to move: keys, indexes, triggers, views, statistics.
constexpr const char* kRichDatabase =
    "CREATE TABLE [p] (id INTEGER PRIMARY KEY, v TEXT /* a comment */);"
    "CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, p INTEGER REFERENCES [p] (id) ON DELETE "
    "CASCADE, up INT, CONSTRAINT self FOREIGN KEY (up) REFERENCES c (id));"
    "CREATE INDEX by_v ON p (v); CREATE VIEW vw AS SELECT v FROM p;"
    "CREATE TRIGGER tr AFTER INSERT ON p BEGIN INSERT INTO c (p) VALUES (new.id); END;"
    "CREATE INDEX by_p ON c (p); CREATE TRIGGER tr2 AFTER INSERT ON c BEGIN UPDATE p SET v = 'q' "
    "WHERE id = new.p; END; CREATE UNIQUE INDEX part ON p (v) WHERE v > 'x';"
    "INSERT INTO p VALUES (1, 'a'), (2, 'b'); ANALYZE;";

TEST_F(SqliteWrite, replace_and_rollback_leave_the_dump_as_it_was) {
  lite(kRichDatabase);
  const std::string before = dump();
  publish("p", "SELECT i AS id, 'new' || i AS v FROM range(1, 4) AS t(i)", IfExists::kReplace,
          {{KeyKind::kPrimary, "", {"id"}}});
  expect_sound();
  EXPECT_EQ(lite_rows("SELECT * FROM p"), "1|new1;2|new2;3|new3");
  EXPECT_EQ(lite_rows("SELECT * FROM vw"), "new1;new2;new3");
  EXPECT_EQ(lite_rows("SELECT * FROM sluice_01jd0000000000000000000000_kept_p"), "1|q;2|q");
  ASSERT_OK(session_->rollback(true));
  EXPECT_EQ(lite_rows("SELECT count(*) FROM p"), "3");
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(dump(), before);
  expect_sound();
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(dump(), before);
}

TEST_F(SqliteWrite, kept_children_do_not_follow_deletes_in_the_new_parents) {
  lite(kRichDatabase);
  const std::string before = dump();
  target_ = open(true);
  TargetTable p = target_table(*target_, "p", "SELECT 9::BIGINT AS id, 'x' AS v");
  p.keys = {{KeyKind::kPrimary, "", {"id"}}};
  TargetTable c = target_table(*target_, "c", "SELECT 1::BIGINT AS id, 9::BIGINT AS p");
  c.foreign_keys = {{"", {"p"}, {"", "p"}, {"id"}, "CASCADE", ""}};
  c.indexes = {{"by_p", {"p"}, false, ""}};
  p.if_exists = c.if_exists = IfExists::kReplace;
  plan_.tables = {c, p};
  start(plan_);
  ASSERT_OK(write(*session_, plan_.tables[0], 0, "SELECT 1::BIGINT AS id, 9::BIGINT AS p"));
  ASSERT_OK(write(*session_, plan_.tables[1], 0, "SELECT 9::BIGINT AS id, 'x' AS v"));
  ASSERT_OK(session_->publish());
  expect_sound();
  EXPECT_EQ(lite_rows("SELECT tbl_name FROM sqlite_schema WHERE name = 'by_p'"), "c");
  lite("PRAGMA foreign_keys = ON; DELETE FROM p");
  EXPECT_EQ(lite_rows("SELECT count(*) FROM c"), "0");
  EXPECT_EQ(lite_rows("SELECT count(*) FROM sluice_01jd0000000000000000000000_kept_c"), "2");
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(dump(), before);
}

TEST_F(SqliteWrite, a_foreign_key_that_leads_nowhere_stops_publication) {
  lite("CREATE TABLE p (id INTEGER PRIMARY KEY)");
  const std::string before = dump();
  target_ = open(true);
  TargetTable c = target_table(*target_, "c", "SELECT 9::BIGINT AS p");
  c.foreign_keys = {{"", {"p"}, {"", "p"}, {"id"}, "", ""}};
  plan_.tables = {c};
  start(plan_);
  ASSERT_OK(write(*session_, plan_.tables[0], 0, "SELECT 9::BIGINT AS p"));
  const auto published = session_->publish();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(published.error().message, "table \"c\": row 1 refers to no row of \"p\"");
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(dump(), before);
}

// All that a definition can say, a trigger that would be seen, and a counter.
constexpr const char* kDefined =
    "CREATE TABLE log (what TEXT); CREATE TABLE parent (id INTEGER PRIMARY KEY);"
    "INSERT INTO parent VALUES (1), (2);"
    "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, /* why */ name TEXT NOT NULL DEFAULT "
    "'x' "
    "COLLATE NOCASE UNIQUE, p INTEGER REFERENCES parent (id), CHECK (name <> 'bad'));"
    "CREATE INDEX late ON t (p) WHERE p > 1; CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO "
    "log VALUES (new.name); END;"
    "INSERT INTO t (name, p) VALUES ('old', 1), ('other', NULL); DELETE FROM log; "
    "INSERT INTO t (id, name) VALUES (40, 'gone'); DELETE FROM t WHERE id = 40; DELETE FROM log; "
    "ANALYZE;";
constexpr const char* kSchema =
    "SELECT rowid, type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sluice%' AND "
    "tbl_name NOT LIKE 'sluice%' ORDER BY rowid";

TEST_F(SqliteWrite, append_leaves_the_definition_as_it_is_and_fires_no_trigger) {
  lite(kDefined);
  const std::string before = dump();
  const std::string schema = lite_rows(kSchema);
  publish("t", "SELECT 90::BIGINT AS id, 'new' AS name, 2::BIGINT AS p", IfExists::kAppend,
          {{KeyKind::kPrimary, "", {"id"}}});
  EXPECT_EQ(lite_rows("SELECT * FROM t ORDER BY id"), "1|old|1;2|other|NULL;90|new|2");
  EXPECT_EQ(lite_rows(kSchema), schema);
  EXPECT_EQ(lite_rows("SELECT * FROM log"), "");
  EXPECT_EQ(lite_rows("SELECT seq FROM sqlite_sequence WHERE name = 't'"), "90");
  expect_sound();
  ASSERT_OK(session_->rollback(true));
  EXPECT_EQ(lite_rows("SELECT count(*) FROM t"), "3");
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(dump(), before);
  EXPECT_EQ(lite_rows("SELECT seq FROM sqlite_sequence WHERE name = 't'"), "40");
  lite("INSERT INTO t (name) VALUES ('after')");
  EXPECT_EQ(lite_rows("SELECT * FROM log"), "after");
}

TEST_F(SqliteWrite, merge_leaves_the_definition_as_it_is_and_rolls_back) {
  lite(kDefined);
  const std::string before = dump();
  const std::string schema = lite_rows(kSchema);
  const std::string rows =
      "SELECT * FROM (VALUES (1::BIGINT, 'OTHER', 2::BIGINT), (2, 'old', 1)) AS x(id, name, p)";
  publish("t", rows, IfExists::kMerge, {{KeyKind::kPrimary, "", {"id"}}});
  EXPECT_EQ(lite_rows("SELECT * FROM t ORDER BY id"), "1|OTHER|2;2|old|1");
  EXPECT_EQ(lite_rows(kSchema), schema);
  EXPECT_EQ(lite_rows("SELECT * FROM log"), "");
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(dump(), before);
}

TEST_F(SqliteWrite, rows_that_a_constraint_of_the_target_refuses_are_named_and_change_nothing) {
  lite(kDefined);
  const std::string before = lite_rows("SELECT * FROM t");
  const struct {
    const char* row;
    const char* named;
  } kCases[] = {
      {"7::BIGINT AS id, 'OLD' AS name, 1::BIGINT AS p", "UNIQUE constraint failed: t.name"},
      {"7::BIGINT AS id, NULL::VARCHAR AS name, 1::BIGINT AS p", "NOT NULL constraint"},
      {"7::BIGINT AS id, 'bad' AS name, 1::BIGINT AS p", "CHECK constraint failed: name"},
      {"7::BIGINT AS id, 'x' AS name, 9::BIGINT AS p", "refers to no row of \"parent\""}};
  for (const auto& refused : kCases) {
    target_ = open(true);
    const std::string select = std::string("SELECT ") + refused.row;
    TargetTable table = target_table(*target_, "t", select);
    table.if_exists = IfExists::kAppend;
    table.keys = {{KeyKind::kPrimary, "", {"id"}}};
    plan_.tables = {table};
    start(plan_);
    ASSERT_OK(write(*session_, plan_.tables[0], 0, select));
    ASSERT_OK(session_->finish(plan_.tables[0]));
    const Status published = session_->publish();
    EXPECT_EQ(kind_of(published), "conflict") << refused.row;
    EXPECT_NE(published.error().message.find(refused.named), std::string::npos)
        << published.error().message;
    if (std::string(refused.named).find("refers") == std::string::npos) {
      EXPECT_NE(published.error().message.find("(id) = (7)"), std::string::npos)
          << published.error().message;
    }
    EXPECT_EQ(lite_rows("SELECT * FROM t"), before);
    ASSERT_OK(session_->rollback(false));
  }
}

TEST_F(SqliteWrite, a_conflict_clause_of_the_target_does_not_lose_rows) {
  lite(
      "CREATE TABLE t (id INTEGER, v TEXT UNIQUE ON CONFLICT IGNORE); INSERT INTO t VALUES (1, "
      "'a')");
  target_ = open(true);
  TargetTable table = target_table(*target_, "t", "SELECT 2::BIGINT AS id, 'a' AS v");
  table.if_exists = IfExists::kAppend;
  plan_.tables = {table};
  start(plan_);
  ASSERT_OK(write(*session_, plan_.tables[0], 0, "SELECT 2::BIGINT AS id, 'a' AS v"));
  EXPECT_EQ(kind_of(session_->publish()), "conflict");
  lite("DELETE FROM t");
  ASSERT_OK(session_->publish());  // the cause is gone
  EXPECT_EQ(lite_rows("SELECT * FROM t"), "2|a");
}

TEST_F(SqliteWrite, row_numbers_and_storage_classes_come_back) {
  lite(
      "CREATE TABLE t (a, rowid TEXT); INSERT INTO t (_rowid_, a, rowid) VALUES (7, 1, 'r'), (3, "
      "x'00', NULL), (9, 1.5, 'z'), (11, '5', '')");
  const std::string look =
      "SELECT _rowid_, typeof(a), quote(a), quote(rowid) FROM t ORDER BY _rowid_";
  const std::string before = lite_rows(look);
  target_ = open(true);
  TargetTable table = target_table(*target_, "t", "SELECT 'n' AS a, 'm' AS rowid");
  table.if_exists = IfExists::kAppend;
  plan_.tables = {table};
  start(plan_);
  ASSERT_OK(write(*session_, plan_.tables[0], 0, "SELECT 'n' AS a, 'm' AS rowid"));
  ASSERT_OK(session_->publish());
  EXPECT_EQ(lite_rows("SELECT count(*) FROM t"), "5");
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(lite_rows(look), before);
}

TEST_F(SqliteWrite, merge_by_a_key_of_several_old_rows_is_a_conflict) {
  lite("CREATE TABLE t (id INTEGER, v TEXT); INSERT INTO t VALUES (1, 'a'), (1, 'b')");
  target_ = open(true);
  TargetTable table = target_table(*target_, "t", "SELECT 1::BIGINT AS id, 'c' AS v");
  table.if_exists = IfExists::kMerge;
  table.merge_key = {"id"};
  plan_.tables = {table};
  start(plan_);
  ASSERT_OK(write(*session_, plan_.tables[0], 0, "SELECT 1::BIGINT AS id, 'c' AS v"));
  const Status published = session_->publish();
  EXPECT_EQ(kind_of(published), "conflict");
  EXPECT_NE(published.error().message.find("2 rows of the target have the key (id) = (1)"),
            std::string::npos)
      << published.error().message;
  EXPECT_EQ(lite_rows("SELECT v FROM t"), "a;b");
}

TEST_F(SqliteWrite, append_of_a_known_key_is_a_conflict_and_changes_nothing) {
  lite("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'old');");
  const std::string before = dump();
  target_ = open(true);
  TargetTable table = target_table(*target_, "t", "SELECT 1::BIGINT AS id, 'new' AS v");
  table.if_exists = IfExists::kAppend;
  table.keys = {{KeyKind::kPrimary, "", {"id"}}};
  plan_.tables = {table};
  start(plan_);
  ASSERT_OK(write(*session_, plan_.tables[0], 0, "SELECT 1::BIGINT AS id, 'new' AS v"));
  EXPECT_EQ(kind_of(session_->publish()), "conflict");
  EXPECT_EQ(lite_rows("SELECT * FROM t"), "1|old");
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(dump(), before);
}

TEST_F(SqliteWrite, merge_replaces_rows_of_equal_key) {
  lite(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'old'), (2, "
      "'stays');");
  publish("t", "SELECT i AS id, 'new' AS v FROM (VALUES (1::BIGINT), (3::BIGINT)) AS x(i)",
          IfExists::kMerge, {{KeyKind::kPrimary, "", {"id"}}});
  EXPECT_EQ(lite_rows("SELECT * FROM t ORDER BY id"), "1|new;2|stays;3|new");
  expect_sound();
}

TEST_F(SqliteWrite, a_target_column_that_the_source_has_not_stops_an_append) {
  lite("CREATE TABLE t (id INTEGER PRIMARY KEY, more TEXT)");
  target_ = open(true);
  plan_.tables = {target_table(*target_, "t", "SELECT 1::BIGINT AS id")};
  plan_.tables[0].if_exists = IfExists::kAppend;
  auto session = target_->write(kRun, plan_);
  ASSERT_OK(session);
  EXPECT_EQ(kind_of((*session)->prepare(plan_)), "conflict");
}

TEST_F(SqliteWrite, forget_drops_what_was_kept) {
  lite("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
  publish("t", "SELECT 2::BIGINT AS id", IfExists::kReplace);
  ASSERT_OK(session_->forget());
  EXPECT_EQ(lite_rows("SELECT name FROM sqlite_schema"), "t");
  EXPECT_EQ(lite_rows("SELECT * FROM t"), "2");
  ASSERT_OK(session_->forget());
}

TEST_F(SqliteWrite, names_of_the_runs_own_tables_are_free_for_users) {
  target_ = open(true);
  for (const char* name : {"ledger", "state", "kept_t", "table_ledger", "order", "a\"b"}) {
    plan_.tables.push_back(target_table(*target_, name, "SELECT 1::BIGINT AS \"select\""));
  }
  start(plan_);
  for (const TargetTable& table : plan_.tables) {
    ASSERT_OK(write(*session_, table, 0, "SELECT 1::BIGINT AS \"select\""));
  }
  ASSERT_OK(session_->publish());
  EXPECT_EQ(lite_rows("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sluice%' AND type = "
                      "'table' ORDER BY name"),
            "a\"b;kept_t;ledger;order;state;table_ledger");
}

TEST_F(SqliteWrite, views_are_made_in_the_same_step_and_undone) {
  lite("CREATE TABLE t (id INT); CREATE VIEW v AS SELECT 1 AS old");
  const std::string before = dump();
  target_ = open(true);
  plan_.tables = {target_table(*target_, "n", "SELECT 5::BIGINT AS id")};
  plan_.views = {{{"", "v"}, "CREATE VIEW v AS SELECT id FROM n"}};
  start(plan_);
  ASSERT_OK(write(*session_, plan_.tables[0], 0, "SELECT 5::BIGINT AS id"));
  ASSERT_OK(session_->publish());
  EXPECT_EQ(lite_rows("SELECT * FROM v"), "5");
  ASSERT_OK(session_->rollback(false));
  EXPECT_EQ(dump(), before);
}

TEST_F(SqliteWrite, backup_is_a_database_of_the_same_content) {
  lite(
      "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES "
      "(7)");
  const std::string before = dump();
  const auto endpoint = open(false);
  ASSERT_OK(endpoint->backup((folder_ / "copy.db").string()));
  path_ = (folder_ / "copy.db").string();
  EXPECT_EQ(dump(), before);
  const auto names = names_in(folder_);
  EXPECT_EQ(std::count(names.begin(), names.end(), "copy.db-wal"), 0);
}

}  // namespace
}  // namespace sluice
