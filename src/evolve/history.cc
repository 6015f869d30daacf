#include "evolve/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"

namespace sluice::evolve {
namespace {

constexpr std::array<std::string_view, 10> kColumns = {
    "version",         "name",          "checksum",      "state",       "started_at", "finished_at",
    "statements_done", "done_checksum", "schema_before", "schema_after"};

std::string column_list() {
  std::vector<std::string> names(kColumns.begin(), kColumns.end());
  return join(names, ", ");
}

// Whether the columns are those that sluice gives the table.
bool is_ours(const std::vector<std::string>& columns) {
  return std::equal(columns.begin(), columns.end(), kColumns.begin(), kColumns.end());
}

}  // namespace

Result<History> read_history(ScriptDatabase& database) {
  History out;
  TRY_ASSIGN(const auto columns, database.columns_of(kHistoryTable));
  if (columns.empty()) return out;
  if (!is_ours(columns)) {
    return fail(
        Error(ErrorKind::kConflict, fmt::format("table {} is another program's: its columns are {}",
                                                kHistoryTable, join(columns, ", ")))
            .about(kHistoryTable)
            .advise("`sluice evolve baseline LOCATION --dir DIR --to VERSION` gives it "
                    "another name and notes the version that the database has"));
  }
  TRY_ASSIGN(const auto rows, database.query(fmt::format("SELECT {} FROM {} ORDER BY version",
                                                         column_list(), kHistoryTable)));
  for (const Row& row : rows) {
    const auto text = [&](std::size_t i) { return row.at(i).value_or(""); };
    Applied one;
    one.version = std::strtoll(text(0).c_str(), nullptr, 10);
    one.name = text(1);
    one.checksum = text(2);
    one.state = text(3);
    one.started_at = text(4);
    one.finished_at = text(5);
    one.statements_done = std::atoi(text(6).c_str());
    one.done_checksum = text(7);
    one.schema_before = text(8);
    one.schema_after = text(9);
    out[one.version] = std::move(one);
  }
  return out;
}

Status make_history_table(ScriptDatabase& database) {
  TRY_ASSIGN(const auto columns, database.columns_of(kHistoryTable));
  if (!columns.empty()) return {};
  // A lake has no keys.
  const char* const key = database.system() == "ducklake" ? "" : " PRIMARY KEY";
  return database.execute(fmt::format(
      "CREATE TABLE {} (version BIGINT NOT NULL{}, name VARCHAR(200) NOT NULL, checksum "
      "VARCHAR(64) NOT NULL, state VARCHAR(16) NOT NULL, started_at VARCHAR(32) NOT NULL, "
      "finished_at VARCHAR(32) NOT NULL, statements_done BIGINT NOT NULL, done_checksum "
      "VARCHAR(64) NOT NULL, schema_before VARCHAR(64) NOT NULL, schema_after VARCHAR(64) NOT "
      "NULL)",
      kHistoryTable, key));
}

Status put_entry(ScriptDatabase& database, const Applied& entry) {
  TRY_ASSIGN(const auto there, database.query(fmt::format("SELECT 1 FROM {} WHERE version = {}",
                                                          kHistoryTable, entry.version)));
  if (there.empty()) {
    return database.execute(fmt::format(
        "INSERT INTO {} ({}) VALUES ({}, '{}', '{}', '{}', '{}', '{}', {}, '{}', '{}', '{}')",
        kHistoryTable, column_list(), entry.version, entry.name, entry.checksum, entry.state,
        entry.started_at, entry.finished_at, entry.statements_done, entry.done_checksum,
        entry.schema_before, entry.schema_after));
  }
  return database.execute(fmt::format(
      "UPDATE {} SET name = '{}', checksum = '{}', state = '{}', started_at = '{}', finished_at = "
      "'{}', statements_done = {}, done_checksum = '{}', schema_before = '{}', schema_after = '{}' "
      "WHERE version = {}",
      kHistoryTable, entry.name, entry.checksum, entry.state, entry.started_at, entry.finished_at,
      entry.statements_done, entry.done_checksum, entry.schema_before, entry.schema_after,
      entry.version));
}

Status remove_entry(ScriptDatabase& database, SchemaVersion version) {
  return database.execute(fmt::format("DELETE FROM {} WHERE version = {}", kHistoryTable, version));
}

Result<std::string> set_aside_foreign_table(ScriptDatabase& database) {
  TRY_ASSIGN(const auto columns, database.columns_of(kHistoryTable));
  if (columns.empty() || is_ours(columns)) return std::string();
  for (int number = 1;; ++number) {
    const std::string name = fmt::format("{}_of_others_{}", kHistoryTable, number);
    TRY_ASSIGN(const auto taken, database.columns_of(name));
    if (!taken.empty()) continue;
    TRY(database.execute(fmt::format("ALTER TABLE {} RENAME TO {}", kHistoryTable, name)));
    return name;
  }
}

}  // namespace sluice::evolve
