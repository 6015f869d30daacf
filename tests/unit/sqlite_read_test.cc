#include "unit/sqlite_fixture.h"

namespace sluice {
namespace {

class SqliteRead : public SqliteTest {};

TEST_F(SqliteRead, declared_types_by_name_and_affinity_carry_literals) {
  lite(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, b BOOLEAN, i1 TINYINT, i2 SMALLINT, i8 UNSIGNED BIG "
      "INT, r DOUBLE, f FLOAT32_REAL, d DECIMAL(10,2), n NUMERIC, v NVARCHAR(40), x BLOB, day "
      "DATE, "
      "at DATETIME, clock TIME, tz TIMESTAMPTZ, u UUID_TEXT, big UBIG_TEXT, huge HUGE_TEXT, "
      "dt DECIMAL_TEXT(38,10), j JSON_TEXT, p DURATION_TEXT, tt TIMETZ_TEXT, bits BIT_TEXT, "
      "bn BIGNUM_TEXT, ns TIMESTAMP_NS_TEXT);"
      "INSERT INTO t VALUES (1, 1, -128, 32767, 9223372036854775807, 0.1, 1.5, 0.99, 7, 'é', "
      "x'00ff', '2009-01-31', '2009-01-01 00:00:00', '24:00:00', '2020-02-02 02:02:02.5+00', "
      "'00112233-4455-6677-8899-aabbccddeeff', '18446744073709551615', "
      "'-170141183460469231731687303715884105728', '1234567890123456789012345678.0123456789', "
      "'{\"a\": 1}', 'P14M3DT-4.5S', '12:00:00+05:30', '0101', "
      "'-123456789012345678901234567890123456789012', '2020-01-01 00:00:00.123456789')");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  EXPECT_EQ(types_of(table),
            "int64 boolean int8 int16 int64 float64 float32 decimal(10,2) int64 text(40) blob date "
            "timestamp time timestamptz uuid uint64 int128 decimal(38,10) json interval timetz bit "
            "bigint timestamp_ns");
  EXPECT_EQ(
      contents(*session, table),
      "1|true|-128|32767|9223372036854775807|0.1|1.5|0.99|7|é|\\x00ff|2009-01-31|2009-01-01 "
      "00:00:00|24:00:00|2020-02-02 "
      "02:02:02.5+00|00112233-4455-6677-8899-aabbccddeeff|18446744073709551615|-"
      "170141183460469231731687303715884105728|1234567890123456789012345678.0123456789|{\"a\": "
      "1}|P14M3DT-4.5S|12:00:00+05:30|0101|-123456789012345678901234567890123456789012|2020-01-"
      "01 00:00:00.123456789");
}

TEST_F(SqliteRead, edge_values_arrive_as_they_are) {
  lite(
      "CREATE TABLE t (r REAL, d DATE, moment TIMESTAMP, tz TIMESTAMPTZ, v TEXT, x BLOB);"
      "INSERT INTO t VALUES (9e999, 'infinity', '-infinity', 'infinity', 'a' || char(0) || 'b', "
      "x'');"
      "INSERT INTO t VALUES (5e-324, '0044-03-15 BC', '0044-03-15 10:00:00 BC', "
      "'294246-12-31 23:59:59+00', '', NULL);"
      "INSERT INTO t VALUES (-1.7976931348623157e308, '9999-12-31', '1969-12-31 23:59:59.999999', "
      "NULL, NULL, x'00');");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  EXPECT_EQ(types_of(table), "float64 date timestamp timestamptz text blob");
  EXPECT_EQ(contents(*session, table, "r, d, moment, tz, hex(v), x"),
            "-1.7976931348623157e+308|9999-12-31|1969-12-31 23:59:59.999999|NULL|NULL|\\x00;"
            "5e-324|0044-03-15 BC|0044-03-15 10:00:00 BC|294246-12-31 23:59:59+00||NULL;"
            "inf|infinity|-infinity|infinity|610062|\\x");
}

TEST_F(SqliteRead, numeric_without_parameters_is_decided_by_its_values) {
  lite(
      "CREATE TABLE t (whole NUMERIC, mixed NUMERIC, text NUMERIC, empty NUMERIC, huge NUMERIC);"
      "INSERT INTO t VALUES (1, 1, 'a', NULL, 9007199254740993), (2, 0.5, 'b', NULL, 0.5)");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  EXPECT_EQ(types_of(table), "int64 float64 text numeric numeric!mixed_types");
}

TEST_F(SqliteRead, columns_without_a_type_follow_their_values) {
  lite(
      "CREATE TABLE t (i, r, v, x, m); INSERT INTO t VALUES (1, 0.5, 'a', x'41', 1), "
      "(2, 1.0, 'b', x'42', 'a')");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  EXPECT_EQ(types_of(table), "int64 float64 text blob blob!mixed_types");
}

TEST_F(SqliteRead, dates_in_other_forms_become_types_that_carry_them) {
  lite(
      "CREATE TABLE t (unix DATETIME, julian DATE, times DATE, zoned DATETIME, odd DATE);"
      "INSERT INTO t VALUES (1230768000, 2454832.5, '2009-01-01 10:00:00', "
      "'2009-01-01 10:00:00+02:00', '1/2/2009'), (1, 2454833.5, '2009-01-02', "
      "'2009-01-01T10:00:00Z', '2009-01-01')");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  EXPECT_EQ(types_of(table), "int64 float64 timestamp timestamptz text");
  EXPECT_EQ(contents(*session, table),
            "1|2454833.5|2009-01-02 00:00:00|2009-01-01 10:00:00+00|2009-01-01;"
            "1230768000|2454832.5|2009-01-01 10:00:00|2009-01-01 08:00:00+00|1/2/2009");
}

TEST_F(SqliteRead, mixed_classes_are_a_hazard_with_counts_and_an_example) {
  lite(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); "
      "INSERT INTO t VALUES (1, 1), (2, 2), (7, 'zz'), (8, 0.5), (9, x'00ff')");
  const auto session = reading();
  Table table = surveyed(*session, "t");
  ASSERT_EQ(types_of(table), "int64 int64!mixed_types");
  EXPECT_EQ(
      table.columns[1].hazards[0].message,
      "\"t.n\" is declared INTEGER and holds 2 integer, 1 real, 1 text, 1 blob, for example row "
      "8: 0.5");
  EXPECT_EQ(table.columns[1].hazards[0].values, 3U);

  const auto strict = session->relation(table, nullptr, ReadPath::kFast);
  ASSERT_OK(strict);
  const auto refused = connection_->rows("SELECT n FROM " + *strict);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kWouldLoseData);
  EXPECT_EQ(refused.error().message,
            "table \"t\": column \"n\": row 7 holds the text 'zz', which int64 cannot carry");

  // Accepted as text, as the plan does it.
  table.columns[1].type = simple_type(TypeKind::kText);
  EXPECT_EQ(contents(*session, table), "1|1;2|2;7|zz;8|0.5;9|X'00FF'");
}

TEST_F(SqliteRead, reals_as_text_parse_back_exactly) {
  lite(
      "CREATE TABLE t (m); INSERT INTO t VALUES ('a'), (0.1), (1e300), (3.0), (1e16), (1e15), "
      "(-9e999), (123456789012345680.0), (0.00001), (0.30000000000000004)");
  const auto session = reading();
  Table table = surveyed(*session, "t");
  table.columns[0].type = simple_type(TypeKind::kText);
  EXPECT_EQ(contents(*session, table),
            "-inf;0.1;0.30000000000000004;1.2345678901234568e+17;1000000000000000.0;1e+16;1e+300;"
            "1e-05;3.0;a");
}

TEST_F(SqliteRead, decimals_convert_back_or_are_a_hazard) {
  lite(
      "CREATE TABLE t (good DECIMAL(10,2), inexact DECIMAL(10,2), big DECIMAL(20,4), "
      "wide DECIMAL(4,1));"
      "INSERT INTO t VALUES (0.99, 0.1 + 0.2, 0.0001, 999.9), (12345678.91, 1, '1', 1), "
      "(-3, 2.5, 1e15, 1000)");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  EXPECT_EQ(
      types_of(table),
      "decimal(10,2) decimal(10,2)!inexact_decimal decimal(20,4) decimal(4,1)!inexact_decimal");
  Table good = table;
  good.columns = {table.columns[0], table.columns[2]};
  EXPECT_EQ(contents(*session, good), "-3.00|1000000000000000.0000;0.99|0.0001;12345678.91|1.0000");
}

TEST_F(SqliteRead, text_that_is_not_utf8_is_a_hazard_and_can_be_read_as_bytes) {
  lite("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('ok'), (CAST(x'c328' AS TEXT))");
  const auto session = reading();
  Table table = surveyed(*session, "t");
  EXPECT_EQ(types_of(table), "text!invalid_utf8");
  table.columns[0].type = simple_type(TypeKind::kBlob);
  EXPECT_EQ(contents(*session, table), "\\x6f6b;\\xc328");
  table.columns[0].type = simple_type(TypeKind::kText);
  EXPECT_EQ(contents(*session, table), "X'C328';ok");
}

TEST_F(SqliteRead, lengths_and_json_that_the_values_break_are_not_promised) {
  lite(
      "CREATE TABLE t (fits VARCHAR(3), longer VARCHAR(3), padded CHAR(3), unpadded CHAR(3), j "
      "JSON, "
      "no_json JSON); INSERT INTO t VALUES ('äöü', 'abcd', 'a  ', 'a', '[1]', '[1'), (NULL, NULL, "
      "NULL, NULL, NULL, NULL)");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  EXPECT_EQ(types_of(table), "text(3) text text(3,fixed) text(3) json text");
  EXPECT_TRUE(table.columns[2].type.fixed_length);
  EXPECT_FALSE(table.columns[3].type.fixed_length);
}

TEST_F(SqliteRead, utf16_database_gives_utf8) {
  lite(
      "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('naïve 日本')");
  const auto session = reading();
  EXPECT_EQ(contents(*session, surveyed(*session, "t")), "naïve 日本");
}

TEST_F(SqliteRead, chunks_cover_gaps_and_negative_row_numbers_once) {
  lite(
      "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (-9223372036854775808), (-5), "
      "(0), (1), (2), (1000000), (1000001), (9223372036854775807)");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  const auto chunks = session->chunks(table, 3);
  ASSERT_OK(chunks);
  std::string seen;
  for (const ChunkRange& chunk : *chunks) {
    const auto relation = session->relation(table, &chunk, ReadPath::kFast);
    ASSERT_OK(relation);
    seen += "[" + chunk.begin + "," + chunk.end + ") " +
            ask("SELECT string_agg(id, ' ' ORDER BY id) FROM " + *relation) + "; ";
  }
  EXPECT_EQ(seen,
            "[,1) -9223372036854775808 -5 0; [1,1000001) 1 2 1000000; [1000001,) 1000001 "
            "9223372036854775807; ");
}

TEST_F(SqliteRead, tables_without_row_numbers_are_one_chunk) {
  lite(
      "CREATE TABLE w (k TEXT PRIMARY KEY, v INT) WITHOUT ROWID; INSERT INTO w VALUES ('a', 1), "
      "('b', 2); CREATE VIEW vw AS SELECT k, v * 2 AS d FROM w;"
      "CREATE TABLE shadow (rowid TEXT, oid TEXT); INSERT INTO shadow VALUES ('x', 'y'), ('z', "
      "'')");
  const auto session = reading();
  for (const char* name : {"w", "vw"}) {
    const auto chunks = session->chunks(surveyed(*session, name), 1);
    ASSERT_OK(chunks);
    EXPECT_EQ(chunks->size(), 1U);
  }
  EXPECT_EQ(contents(*session, surveyed(*session, "vw")), "a|2;b|4");
  EXPECT_EQ(session->chunks(surveyed(*session, "shadow"), 1)->size(), 2U);
  EXPECT_EQ(contents(*session, surveyed(*session, "shadow")), "x|y;z|");
}

TEST_F(SqliteRead, projection_and_count_read_what_is_asked) {
  lite(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, w TEXT); WITH RECURSIVE n(i) AS (SELECT 1 "
      "UNION "
      "ALL SELECT i + 1 FROM n WHERE i < 300000) INSERT INTO t SELECT i, 'v' || i, 'w' FROM n");
  const auto session = reading();
  const Table table = surveyed(*session, "t");
  const auto relation = session->relation(table, nullptr, ReadPath::kFast);
  ASSERT_OK(relation);
  EXPECT_EQ(ask("SELECT count(*) FROM " + *relation), "300000");
  EXPECT_EQ(ask("SELECT max(v), sum(id) FROM " + *relation), "v99999|45000150000");
  // More readers than connections share them.
  std::string all = "SELECT count(*) FROM (";
  for (int i = 0; i < 8; ++i) all += (i == 0 ? "" : " UNION ALL ") + ("SELECT w FROM " + *relation);
  EXPECT_EQ(ask(all + ")"), "2400000");
}

TEST_F(SqliteRead, snapshot_stays_while_others_write_in_wal_mode) {
  lite(
      "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES "
      "(1)");
  const auto session = reading();
  const auto before = session->fingerprint();
  lite("INSERT INTO t VALUES (2)");
  EXPECT_EQ(contents(*session, surveyed(*session, "t")), "1");
  EXPECT_EQ(*session->fingerprint(), *before);
  const auto later = source_->read();
  ASSERT_OK(later);
  EXPECT_EQ(contents(**later, surveyed(**later, "t")), "1;2");
  EXPECT_NE(*(*later)->fingerprint(), *before);
}

TEST_F(SqliteRead, fingerprint_is_equal_as_long_as_nothing_changes) {
  lite("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
  const auto first = *reading()->fingerprint();
  EXPECT_EQ(*reading()->fingerprint(), first);
  lite("UPDATE t SET id = 3");
  EXPECT_NE(*reading()->fingerprint(), first);
}

TEST_F(SqliteRead, a_reader_leaves_no_files_beside_the_database) {
  lite(
      "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES "
      "(1)");
  ASSERT_EQ(names_in(folder_), std::vector<std::string>{"test.db"});
  {
    const auto session = reading();
    EXPECT_EQ(contents(*session, surveyed(*session, "t")), "1");
  }
  const auto names = names_in(folder_);
  EXPECT_EQ(std::count(names.begin(), names.end(), "test.db-wal"), 0);
  EXPECT_EQ(std::count(names.begin(), names.end(), "test.db-shm"), 0);
}

TEST_F(SqliteRead, inspect_tells_keys_indexes_and_views) {
  lite(
      "CREATE TABLE p (id INTEGER, CONSTRAINT pk_p PRIMARY KEY (id));"
      "CREATE TABLE [c] ([a] INT NOT NULL, \"b\" TEXT DEFAULT 'x', p INTEGER REFERENCES p ON "
      "DELETE "
      "CASCADE, g INT AS (a + 1), CONSTRAINT pk_c PRIMARY KEY (a, b), CONSTRAINT u_c UNIQUE (b, "
      "p), "
      "CONSTRAINT big CHECK (a > (0 + 1)), UNIQUE (p), CONSTRAINT fk_c FOREIGN KEY (p) REFERENCES "
      "p "
      "(id));"
      "CREATE INDEX by_b ON c (b); CREATE UNIQUE INDEX partial ON c (a) WHERE a > 1; CREATE INDEX "
      "expr "
      "ON c (lower(b)); CREATE VIEW v AS SELECT a FROM c; CREATE TABLE sluice_"
      "01jd0000000000000000000000_t (x); CREATE TRIGGER tr AFTER INSERT ON p BEGIN SELECT 1; END;");
  const auto session = reading();
  const auto inventory = session->inspect();
  ASSERT_OK(inventory);
  ASSERT_EQ(inventory->tables.size(), 3U);
  const Table& p = inventory->tables[0];
  EXPECT_TRUE(p.columns[0].identity);
  EXPECT_FALSE(p.columns[0].nullable);
  EXPECT_EQ(p.keys[0].name, "pk_p");
  EXPECT_EQ(session->count(p).value(), 0U);
  const Table& c = inventory->tables[1];
  EXPECT_EQ(c.keys.size(), 3U);
  EXPECT_EQ(c.keys[0].name, "pk_c");
  EXPECT_EQ(c.keys[0].columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(c.keys[1].name, "u_c");
  EXPECT_EQ(c.keys[2].columns, std::vector<std::string>{"p"});
  EXPECT_FALSE(c.columns[0].nullable);
  EXPECT_EQ(c.columns[1].default_sql, "'x'");
  EXPECT_TRUE(c.columns[3].generated);
  ASSERT_EQ(c.checks.size(), 1U);
  EXPECT_EQ(c.checks[0].name, "big");
  EXPECT_EQ(c.checks[0].expression_sql, "a > (0 + 1)");
  ASSERT_EQ(c.foreign_keys.size(), 2U);
  EXPECT_EQ(c.foreign_keys[0].on_delete, "CASCADE");
  EXPECT_EQ(c.foreign_keys[0].target_columns, std::vector<std::string>{"id"});
  ASSERT_EQ(c.indexes.size(), 3U);
  EXPECT_EQ(c.indexes[0].columns, std::vector<std::string>{"b"});
  EXPECT_TRUE(c.indexes[1].columns.empty());
  EXPECT_TRUE(c.indexes[1].unique);
  EXPECT_TRUE(c.indexes[2].columns.empty());
  EXPECT_TRUE(inventory->tables[2].is_view);
  ASSERT_EQ(inventory->findings.size(), 1U);
  EXPECT_EQ(inventory->findings[0].kind, "trigger_not_carried");
}

}  // namespace
TEST_F(SqliteRead, inspect_tells_what_a_declaration_says_beyond_columns_and_keys) {
  lite(
      "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT COLLATE NOCASE, m TEXT);"
      "CREATE TABLE b (k TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;");
  const auto inventory = reading()->inspect();
  ASSERT_OK(inventory);
  std::vector<std::string> found;
  for (const Finding& finding : inventory->findings) {
    found.push_back(finding.kind + " " + finding.object);
  }
  EXPECT_EQ(found,
            (std::vector<std::string>{"collation_not_carried a", "autoincrement_not_carried a",
                                      "strict_not_carried b", "without_rowid_not_carried b"}));
  EXPECT_EQ(inventory->findings[0].message,
            "column \"n\" compares by COLLATE NOCASE, in the target by bytes");
}

}  // namespace sluice
