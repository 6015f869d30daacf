#include "endpoint/sqlite/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/text.h"
#include "endpoint/sql_names.h"
#include "endpoint/sqlite/ddl.h"
#include "endpoint/sqlite/types.h"
#include "model/named_dependents.h"

namespace sluice::sqlite {
namespace {

std::string action_of(const std::string& action) { return action == "NO ACTION" ? "" : action; }

bool same_names(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](const auto& x, const auto& y) { return to_lower(x) == to_lower(y); });
}

// The name that the CREATE TABLE gives to a constraint over these columns.
std::string name_of(const std::vector<Constraints::Named>& constraints,
                    const std::vector<std::string>& columns) {
  for (const Constraints::Named& constraint : constraints) {
    if (same_names(constraint.columns, columns)) return constraint.name;
  }
  return "";
}

std::string timing_of(const Constraints& constraints, const ForeignKey& key) {
  for (const Constraints::Named& constraint : constraints.foreign_keys) {
    if (same_names(constraint.columns, key.columns)) return constraint.timing;
  }
  return "";
}

class TableInspector {
 public:
  TableInspector(Connection& connection, Table& table) : connection_(connection), table_(table) {}

  Status run(bool without_rowid, bool strict) {
    TRY(take_columns(strict));
    if (table_.is_view) return {};
    constraints_ = read_constraints(table_.native_ddl);
    table_.checks = constraints_.checks;
    TRY(take_indexes());
    TRY(take_foreign_keys());
    add_primary_key(without_rowid);
    return {};
  }

 private:
  // Runs `visit` for each row of `sql`, whose first parameter is the table's name.
  Status each(const std::string& sql, const std::string& name,
              const std::function<Status(Statement&)>& visit) {
    TRY_ASSIGN(Statement rows, connection_.prepare(sql));
    rows.bind(1, name);
    while (true) {
      TRY_ASSIGN(const bool found, rows.step());
      if (!found) return {};
      TRY(visit(rows));
    }
  }

  Status take_columns(bool strict) {
    // hidden: 1 is a column of a virtual table that SELECT * leaves out, 2 and 3 are generated.
    return each(
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?) "
        "WHERE hidden <> 1 ORDER BY cid",
        table_.name.name, [&](Statement& row) -> Status {
          Column column;
          column.name = row.text(0);
          column.type = declared_type(row.text(1));
          // ANY keeps every class in a STRICT table only; elsewhere it turns text into numbers.
          column.declared = !table_.is_view && !(strict && to_lower(row.text(1)) == "any");
          column.nullable = row.integer(2) == 0;
          if (!row.is_null(3)) column.default_sql = row.text(3);
          column.generated = row.integer(5) >= 2;
          if (row.integer(4) > 0) primary_[row.integer(4)] = column.name;
          table_.columns.push_back(std::move(column));
          return {};
        });
  }

  Status take_indexes() {
    return each(
        "SELECT l.name, l.\"unique\", l.origin, l.partial, s.sql FROM pragma_index_list(?) AS l "
        "LEFT JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = l.name ORDER BY l.seq DESC",
        table_.name.name, [&](Statement& row) -> Status {
          Index index;
          index.name = row.text(0);
          index.unique = row.integer(1) != 0;
          index.definition = row.text(4);
          TRY(take_index_columns(index));
          const std::string origin = row.text(2);
          if (origin == "pk") {
            primary_has_index_ = true;
          } else if (origin == "u") {
            table_.keys.push_back({KeyKind::kUnique,
                                   name_of(constraints_.unique_keys, index.columns),
                                   index.columns});
          } else {
            if (row.integer(3) != 0) index.columns.clear();
            if (index.columns.empty() || ordered_) index.body = index_body(index.definition);
            index.body_repeats = !index.body.empty();
            table_.indexes.push_back(std::move(index));
          }
          return {};
        });
  }

  Status take_index_columns(Index& index) {
    bool expressions = false;
    ordered_ = false;
    TRY(
        each("SELECT name, cid, \"desc\", coll FROM pragma_index_xinfo(?) WHERE key = 1 "
             "ORDER BY seqno",
             index.name, [&](Statement& row) -> Status {
               expressions = expressions || row.integer(1) < 0;
               ordered_ = ordered_ || row.integer(2) != 0 || row.text(3) != "BINARY";
               index.columns.push_back(row.text(0));
               return {};
             }));
    if (expressions) index.columns.clear();
    return {};
  }

  Status take_foreign_keys() {
    std::int64_t last = -1;
    TRY(
        each("SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM "
             "pragma_foreign_key_list(?) ORDER BY id DESC, seq",
             table_.name.name, [&](Statement& row) -> Status {
               if (row.integer(0) != last) {
                 last = row.integer(0);
                 ForeignKey key;
                 key.target.name = row.text(1);
                 key.on_update = action_of(row.text(4));
                 key.on_delete = action_of(row.text(5));
                 table_.foreign_keys.push_back(std::move(key));
               }
               ForeignKey& key = table_.foreign_keys.back();
               key.columns.push_back(row.text(2));
               // Without a list the key refers to the other table's primary key.
               if (!row.is_null(3)) key.target_columns.push_back(row.text(3));
               return {};
             }));
    for (ForeignKey& key : table_.foreign_keys) {
      key.name = name_of(constraints_.foreign_keys, key.columns);
      key.timing = timing_of(constraints_, key);
      if (key.target_columns.empty()) TRY(take_primary_key_of(key));
    }
    return {};
  }

  Status take_primary_key_of(ForeignKey& key) {
    return each("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", key.target.name,
                [&](Statement& row) -> Status {
                  key.target_columns.push_back(row.text(0));
                  return {};
                });
  }

  void add_primary_key(bool without_rowid) {
    if (primary_.empty()) return;
    Key key;
    for (const auto& [position, name] : primary_) key.columns.push_back(name);
    key.name = name_of(constraints_.primary_keys, key.columns);
    table_.keys.insert(table_.keys.begin(), key);
    if (primary_.size() > 1 || primary_has_index_ || without_rowid) return;
    for (Column& column : table_.columns) {
      if (column.name != key.columns[0]) continue;
      // The row number itself: never NULL, whatever the declaration says.
      column.identity = true;
      column.nullable = false;
    }
  }

  Connection& connection_;
  Table& table_;
  Constraints constraints_;
  std::map<std::int64_t, std::string> primary_;  // by position in the key
  bool primary_has_index_ = false;
  bool ordered_ = false;  // the index at hand goes backwards or has a collation
};

// What a table's declaration says beyond its columns and keys.
void add_declared(Connection& connection, const Table& table, bool without_rowid, bool strict,
                  std::vector<Finding>& findings) {
  const std::string& name = table.name.name;
  bool autoincrement = false;
  for (const Column& column : table.columns) {
    const char* collation = nullptr;
    int counts_up = 0;
    const int code =
        sqlite3_table_column_metadata(connection.raw(), "main", name.c_str(), column.name.c_str(),
                                      nullptr, &collation, nullptr, nullptr, &counts_up);
    if (code != SQLITE_OK) continue;  // a generated column of an unknown function
    autoincrement = autoincrement || counts_up != 0;
    if (collation == nullptr || std::string_view(collation) == "BINARY") continue;
    findings.push_back({"collation_not_carried", name,
                        fmt::format("column \"{}\" compares by COLLATE {}, in the target by bytes",
                                    column.name, collation)});
  }
  if (read_constraints(table.native_ddl).resolves_conflicts) {
    findings.push_back({"conflict_clause_not_carried", name,
                        "ON CONFLICT: the target refuses rows that break a constraint"});
  }
  if (autoincrement) {
    findings.push_back({"autoincrement_not_carried", name,
                        "AUTOINCREMENT: the target may give a deleted row's number again"});
  }
  if (strict) {
    findings.push_back({"strict_not_carried", name,
                        "STRICT: an SQLite target would not hold later rows to their types"});
  }
  if (without_rowid) {
    findings.push_back({"without_rowid_not_carried", name,
                        "WITHOUT ROWID: an SQLite target stores it as an ordinary table"});
  }
}

Status add_triggers(Connection& connection, Inventory& inventory) {
  TRY_ASSIGN(Statement rows, connection.prepare("SELECT name, tbl_name FROM sqlite_schema WHERE "
                                                "type = 'trigger' ORDER BY rowid"));
  while (true) {
    TRY_ASSIGN(const bool found, rows.step());
    if (!found) return {};
    inventory.findings.push_back({"trigger_not_carried", rows.text(1),
                                  fmt::format("trigger \"{}\" is not carried", rows.text(0))});
    for (Table& table : inventory.tables) {
      if (to_lower(table.name.name) != to_lower(rows.text(1))) continue;
      table.dependents.push_back({fmt::format("trigger \"{}\"", rows.text(0)), table.name});
    }
  }
}

}  // namespace

Result<Inventory> inspect_database(Connection& connection) {
  Inventory inventory;
  inventory.endpoint = "sqlite";
  inventory.version = sqlite3_libversion();
  TRY_ASSIGN(
      Statement rows,
      connection.prepare("SELECT l.name, l.type, l.wr, s.sql, l.strict FROM pragma_table_list AS l "
                         "JOIN sqlite_schema AS s ON s.name = l.name AND s.type IN "
                         "('table', 'view') WHERE l.schema = 'main' ORDER BY s.rowid"));
  while (true) {
    TRY_ASSIGN(const bool found, rows.step());
    if (!found) break;
    const std::string name = rows.text(0);
    const std::string type = rows.text(1);
    if (name.starts_with("sqlite_") || is_of_a_run(name) || type == "shadow") continue;
    if (type == "virtual") {
      inventory.findings.push_back(
          {"virtual_table_not_carried", name, "a virtual table: its module keeps the rows"});
      continue;
    }
    Table table;
    table.name.name = name;
    table.is_view = type == "view";
    (table.is_view ? table.view_sql : table.native_ddl) = rows.text(3);
    const Status looked =
        TableInspector(connection, table).run(rows.integer(2) != 0, rows.integer(4) != 0);
    if (!looked && table.is_view && looked.error().vendor_code.starts_with("SQLITE_ERROR")) {
      inventory.findings.push_back(
          {"view_broken", name, "the view cannot be read: " + looked.error().message});
      continue;
    }
    TRY(looked);
    if (!table.is_view) {
      add_declared(connection, table, rows.integer(2) != 0, rows.integer(4) != 0,
                   inventory.findings);
    }
    inventory.tables.push_back(std::move(table));
  }
  TRY(add_triggers(connection, inventory));
  add_named_dependents(inventory.tables, false);
  return inventory;
}

}  // namespace sluice::sqlite
