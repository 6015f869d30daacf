// The rows that records.h reads from the pages, against what SQLite's own statements read.
#include <fmt/format.h>

#include <fstream>
#include <random>

#include "endpoint/sqlite/records.h"
#include "endpoint/sqlite/row_reader.h"
#include "endpoint/sqlite/shape.h"
#include "unit/sqlite_fixture.h"

namespace sluice::sqlite {
namespace {

std::string text_of(const Cell& cell) {
  switch (cell.sqlite_class) {
    case SQLITE_INTEGER:
      return "i" + std::to_string(cell.integer);
    case SQLITE_FLOAT:
      return fmt::format("r{:a}", cell.real);
    case SQLITE_TEXT:
      return "t" + std::string(cell.bytes);
    case SQLITE_BLOB:
      return "b" + std::string(cell.bytes);
    default:
      return "null";
  }
}

using Row = std::vector<std::string>;  // the row's number, then its values

class SqliteRecords : public SqliteTest {
 protected:
  // All columns of `table` in `range`, from the pages where `stored`, else by a statement.
  // Errors: as RowReader.
  Result<std::vector<Row>> rows(const std::string& table, bool stored, RowRange range = {}) {
    TRY_ASSIGN(const auto connection, Connection::open(path_, Access::kRead));
    TRY(connection->execute("BEGIN; SELECT count(*) FROM sqlite_schema"));
    Table wanted;
    wanted.name.name = table;
    TRY_ASSIGN(Statement names, connection->prepare("SELECT name FROM pragma_table_xinfo('" +
                                                    table + "') WHERE hidden <> 1"));
    std::vector<std::string> columns;
    std::vector<std::size_t> all;
    while (true) {
      TRY_ASSIGN(const bool found, names.step());
      if (!found) break;
      all.push_back(columns.size());
      columns.push_back(names.text(0));
      wanted.columns.emplace_back().name = columns.back();
    }
    names.reset();
    TRY_ASSIGN(Shape shape, shape_of(*connection, wanted));
    read_from_pages_ = shape.stored.has_value();
    if (!stored) shape.stored.reset();
    TRY_ASSIGN(RowReader reader, RowReader::open(*connection, table, columns, shape, all, range));
    std::vector<Row> out;
    while (true) {
      TRY_ASSIGN(const bool found, reader.next());
      if (!found) return out;
      Row& row = out.emplace_back();
      const auto number = reader.rowid();
      row.push_back(number ? std::to_string(*number) : "-");
      for (const std::size_t i : all) row.push_back(text_of(reader.cell(i)));
    }
  }

  void expect_same(const std::string& table, RowRange range = {}) {
    const auto expected = rows(table, false, range);
    ASSERT_OK(expected);
    const auto found = rows(table, true, range);
    ASSERT_OK(found);
    EXPECT_EQ(*found, *expected) << table;
  }

  bool read_from_pages_ = false;
};

TEST_F(SqliteRecords, values_of_each_class_and_size_are_read_from_the_pages) {
  lite("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b REAL, c TEXT, d BLOB)");
  lite(
      "INSERT INTO t VALUES (-9223372036854775808, NULL, 1, 'x', x'00'), (-5, 0, 2.5, '', x''), "
      "(0, 1, -1e308, 'ö', NULL), (1, 127, 128, 'q', zeroblob(3)), (2, -129, 0, 'r', 1), "
      "(3, 8388607, 9e18, 's', 2), (4, -8388609, 5, 't', 3), (5, 140737488355327, 5, 'u', 4), "
      "(6, -140737488355329, 5, 'v', 5), (7, 9223372036854775807, 5, 'w', 6), "
      "(9223372036854775807, 1.5, 5, 'y', -0.0)");
  expect_same("t");
  EXPECT_TRUE(read_from_pages_);
  const auto found = rows("t", true);
  ASSERT_OK(found);
  EXPECT_EQ((*found)[0], (Row{"-9223372036854775808", "i-9223372036854775808", "null", "r0x1p+0",
                              "tx", std::string("b\0", 2)}));
  EXPECT_EQ((*found)[9][2], "i9223372036854775807");
}

TEST_F(SqliteRecords, trees_of_several_levels_with_free_pages_and_long_values_are_read_whole) {
  for (const int page_bytes : {512, 4096, 65536}) {
    SCOPED_TRACE(page_bytes);
    std::filesystem::remove(path_);
    lite(fmt::format("PRAGMA page_size = {}; PRAGMA auto_vacuum = FULL", page_bytes));
    lite("CREATE TABLE t (a INTEGER, b TEXT, c BLOB)");
    lite(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT "
        "INTO t(rowid, a, b, c) SELECT i * 7 - 60000, i, printf('%.*c', i % 40, 'x'), CASE WHEN i "
        "% 500 = 0 THEN zeroblob(i * 5) END FROM n");
    lite("DELETE FROM t WHERE a % 3 = 0 AND a < 9000");
    expect_same("t");
    EXPECT_TRUE(read_from_pages_);
    expect_same("t", {{-30000}, {-29000}});
    expect_same("t", {std::nullopt, {-30000}});
    expect_same("t", {{50000}, std::nullopt});
    expect_same("t", {{60000}, {60001}});
    expect_same("t", {{900000}, std::nullopt});
  }
}

TEST_F(SqliteRecords, ranges_side_by_side_hold_each_row_once) {
  lite("CREATE TABLE t (a INTEGER)");
  lite(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO "
      "t SELECT i FROM n");
  std::size_t found = 0;
  for (std::int64_t begin = 0; begin < 6000; begin += 37) {
    const auto part = rows("t", true, {{begin}, {begin + 37}});
    ASSERT_OK(part);
    found += part->size();
  }
  EXPECT_EQ(found, 5000U);
}

TEST_F(SqliteRecords, rows_older_than_an_added_column_have_its_default) {
  lite("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2)");
  lite("ALTER TABLE t ADD COLUMN b TEXT; ALTER TABLE t ADD COLUMN c REAL DEFAULT 7");
  lite("INSERT INTO t VALUES (3, 'x', NULL)");
  expect_same("t");
  EXPECT_TRUE(read_from_pages_);
  const auto found = rows("t", true);
  ASSERT_OK(found);
  EXPECT_EQ((*found)[0], (Row{"1", "i1", "null", "r0x1.cp+2"}));
  EXPECT_EQ((*found)[2], (Row{"3", "i3", "tx", "null"}));
}

TEST_F(SqliteRecords, a_key_that_is_not_the_rows_number_is_a_field) {
  lite("CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b); INSERT INTO t VALUES (70, 1), (NULL, 2)");
  lite("CREATE TABLE u (a INT PRIMARY KEY, b); INSERT INTO u VALUES (70, 1), (NULL, 2)");
  expect_same("t");
  expect_same("u");
  EXPECT_TRUE(read_from_pages_);
}

TEST_F(SqliteRecords, what_only_sqlite_can_read_is_left_to_it) {
  lite("CREATE TABLE w (a INTEGER PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO w VALUES (1, 2)");
  lite("CREATE TABLE g (a, b AS (a + 1)); INSERT INTO g VALUES (1)");
  lite("CREATE VIEW v AS SELECT a FROM w");
  for (const char* table : {"w", "g", "v"}) {
    expect_same(table);
    EXPECT_FALSE(read_from_pages_) << table;
  }
  std::filesystem::remove(path_);
  lite("PRAGMA encoding = 'UTF-16'; CREATE TABLE t (a); INSERT INTO t VALUES ('ö')");
  expect_same("t");
  EXPECT_FALSE(read_from_pages_);
}

TEST_F(SqliteRecords, a_log_with_content_is_left_to_sqlite) {
  lite("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  expect_same("t");
  const auto writer = Connection::open(path_, Access::kWrite);
  ASSERT_OK(writer);
  ASSERT_OK((*writer)->execute("INSERT INTO t VALUES (2)"));
  const auto found = rows("t", true);
  ASSERT_OK(found);
  EXPECT_FALSE(read_from_pages_);
  EXPECT_EQ(found->size(), 2U);
}

// Whatever the bytes are: rows or an error, never a read outside of them (the sanitizers watch).
TEST_F(SqliteRecords, damaged_pages_end_with_an_error_or_rows) {
  lite("PRAGMA page_size = 512; CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB)");
  lite(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t "
      "SELECT i, printf('%.*c', i % 40, 'x'), zeroblob(i * 3) FROM n");
  std::ifstream file(path_, std::ios::binary);
  const std::string sound{std::istreambuf_iterator<char>(file), {}};
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    std::string damaged = sound;
    for (int k = 0; k < 8; ++k) {
      // Page 1 holds the schema, which SQLite itself reads.
      const std::size_t at = 512 + random() % (damaged.size() - 512);
      damaged[at] = static_cast<char>(random());
    }
    std::ofstream(path_, std::ios::binary) << damaged;
    const auto found = rows("t", true);
    if (!found && found.error().kind == ErrorKind::kCorrupt) ++refused;
    if (found) {
      EXPECT_LT(found->size(), 200000U);
    }
  }
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace sluice::sqlite
