#include "endpoint/sqlite/schema_edit.h"

#include <fmt/format.h>

#include "base/text.h"
#include "endpoint/sqlite/ddl.h"

namespace sluice::sqlite {
namespace {

// Runs an UPDATE of sqlite_schema, then has SQLite read the schema anew.
Status edit_schema(Connection& connection, Statement& update) {
  TRY(connection.execute("PRAGMA writable_schema = ON"));
  const auto outcome = update.step();
  update.reset();
  TRY(connection.execute("PRAGMA writable_schema = RESET"));
  TRY(outcome);
  return {};
}

// SQLite refuses to prepare these statements unless the schema is writable.
Result<Statement> prepare_edit(Connection& connection, const std::string& sql) {
  TRY(connection.execute("PRAGMA writable_schema = ON"));
  return connection.prepare(sql);
}

Result<std::string> text_of(Connection& connection, const std::string& table) {
  TRY_ASSIGN(Statement row,
             connection.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND "
                                "name = ?"));
  row.bind(1, table);
  TRY_ASSIGN(const bool found, row.step());
  return found ? row.text(0) : std::string();
}

// What a table's text must keep: its columns and the indexes that its keys imply.
Result<std::string> layout_of(const std::string& create_table, const std::string& table) {
  TRY_ASSIGN(const auto scratch, Connection::open("", Access::kCreate));
  TRY(scratch->execute(create_table));
  std::string layout;
  for (const char* sql : {"SELECT name || type || \"notnull\" || pk FROM pragma_table_xinfo(?)",
                          "SELECT name || \"unique\" || origin FROM pragma_index_list(?)"}) {
    TRY_ASSIGN(Statement rows, scratch->prepare(sql));
    rows.bind(1, table);
    while (true) {
      TRY_ASSIGN(const bool found, rows.step());
      if (!found) break;
      layout += rows.text(0) + "\n";
    }
  }
  return layout;
}

Result<std::vector<std::string>> statistics_tables(Connection& connection) {
  TRY_ASSIGN(Statement rows,
             connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN "
                                "('sqlite_stat1', 'sqlite_stat3', 'sqlite_stat4')"));
  std::vector<std::string> names;
  while (true) {
    TRY_ASSIGN(const bool found, rows.step());
    if (!found) return names;
    names.push_back(rows.text(0));
  }
}

}  // namespace

LegacyRename::LegacyRename(Connection& connection) : connection_(connection) {
  sqlite3_db_config(connection.raw(), SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 1, nullptr);
  sqlite3_db_config(connection.raw(), SQLITE_DBCONFIG_ENABLE_FKEY, 0, nullptr);
}

LegacyRename::~LegacyRename() {
  sqlite3_db_config(connection_.raw(), SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0, nullptr);
}

Result<bool> is_taken(Connection& connection, const std::string& name) {
  TRY_ASSIGN(Statement row,
             connection.prepare("SELECT 1 FROM sqlite_schema WHERE lower(name) = lower(?)"));
  row.bind(1, name);
  return row.step();
}

Result<std::optional<std::string>> owner_of_index(Connection& connection,
                                                  const std::string& index) {
  TRY_ASSIGN(Statement row, connection.prepare("SELECT tbl_name FROM sqlite_schema WHERE type = "
                                               "'index' AND lower(name) = lower(?)"));
  row.bind(1, index);
  TRY_ASSIGN(const bool found, row.step());
  if (!found) return std::nullopt;
  return row.text(0);
}

Status rename_table(Connection& connection, const std::string& old_name,
                    const std::string& new_name) {
  return connection.execute(fmt::format("ALTER TABLE {} RENAME TO {}", quote_identifier(old_name),
                                        quote_identifier(new_name)));
}

Status hide_foreign_keys(Connection& connection, const std::string& table) {
  TRY_ASSIGN(const std::string with, text_of(connection, table));
  const std::string without = without_foreign_keys(with);
  if (without == with) return {};
  const auto layout_with = layout_of(with, table);
  const auto layout_without = layout_of(without, table);
  if (!layout_with || !layout_without || *layout_with != *layout_without) return {};
  return restore_text(connection, table, without);
}

Status restore_text(Connection& connection, const std::string& name, const std::string& sql) {
  TRY_ASSIGN(Statement update,
             prepare_edit(connection, "UPDATE sqlite_schema SET sql = ? WHERE name = ?"));
  update.bind(1, sql);
  update.bind(2, name);
  return edit_schema(connection, update);
}

Status restore_position(Connection& connection, const std::string& type, const std::string& name,
                        std::int64_t position) {
  TRY_ASSIGN(Statement update,
             prepare_edit(connection,
                          "UPDATE OR IGNORE sqlite_schema SET rowid = ? WHERE type "
                          "= ? AND name = ? AND rowid <> ?1"));
  update.bind(1, position);
  update.bind(2, type);
  update.bind(3, name);
  return edit_schema(connection, update);
}

Result<std::vector<std::string>> statistics_of(Connection& connection, const std::string& table) {
  std::vector<std::string> inserts;
  TRY_ASSIGN(const auto names, statistics_tables(connection));
  for (const std::string& statistics : names) {
    TRY_ASSIGN(Statement columns, connection.prepare("SELECT name FROM pragma_table_info(?)"));
    columns.bind(1, statistics);
    std::vector<std::string> list = {"rowid"};
    std::vector<std::string> values = {"quote(rowid)"};
    while (true) {
      TRY_ASSIGN(const bool found, columns.step());
      if (!found) break;
      list.push_back(quote_identifier(columns.text(0)));
      values.push_back("quote(" + list.back() + ")");
    }
    TRY_ASSIGN(Statement rows,
               connection.prepare(fmt::format("SELECT {} FROM {} WHERE lower(tbl) = lower(?)",
                                              join(values, " || ', ' || "), statistics)));
    rows.bind(1, table);
    while (true) {
      TRY_ASSIGN(const bool found, rows.step());
      if (!found) break;
      inserts.push_back(fmt::format("INSERT OR IGNORE INTO {} ({}) VALUES ({})", statistics,
                                    join(list, ", "), rows.text(0)));
    }
  }
  return inserts;
}

Status clear_statistics(Connection& connection, const std::string& table) {
  TRY_ASSIGN(const auto names, statistics_tables(connection));
  for (const std::string& statistics : names) {
    TRY_ASSIGN(Statement erase,
               connection.prepare("DELETE FROM " + statistics + " WHERE lower(tbl) = lower(?)"));
    erase.bind(1, table);
    TRY(erase.step());
  }
  return {};
}

}  // namespace sluice::sqlite
