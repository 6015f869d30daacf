#include "endpoint/postgres/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "endpoint/postgres/sql_embedded.h"
#include "endpoint/postgres/text_read.h"

namespace sluice::postgres {
namespace {

// Tables by the oid that the catalog's rows refer to.
struct Found {
  Inventory inventory;
  std::map<std::string, std::size_t> by_oid;
  std::string oids = "{}";  // oid[]

  Table* table(const std::string& oid) {
    const auto at = by_oid.find(oid);
    return at == by_oid.end() ? nullptr : &inventory.tables[at->second];
  }
};

// A text[] of names; empty for NULL.
std::vector<std::string> names(const Rows& rows, int row, int column) {
  std::vector<std::optional<std::string>> items;
  std::vector<std::string> out;
  if (rows.is_null(row, column) || !parse_array(rows.text(row, column), items)) return out;
  for (const auto& item : items) out.push_back(item.value_or(""));
  return out;
}

Status add_tables(Snapshot& snapshot, const std::string& schemas, Found& found) {
  TRY_ASSIGN(const Rows rows, snapshot.query(sql::kTables, "list the tables", {schemas}));
  std::vector<std::string> oids;
  for (int row = 0; row < rows.size(); ++row) {
    Table table;
    table.name = {rows.text(row, 1), rows.text(row, 2)};
    const char kind = rows.text(row, 3).at(0);
    table.is_view = kind == 'v' || kind == 'm';
    table.comment = rows.text(row, 4);
    table.view_sql = rows.text(row, 5);
    if (rows.boolean(row, 6)) {
      table.view_sql.clear();  // could not be made elsewhere
      found.inventory.findings.push_back(
          {"view_not_carried", table.name.display(),
           "a view that uses types, functions or operators of this database"});
    }
    found.by_oid[rows.text(row, 0)] = found.inventory.tables.size();
    oids.push_back(rows.text(row, 0));
    found.inventory.tables.push_back(std::move(table));
  }
  found.oids = array_literal(oids);
  return {};
}

// 'sad' of 'sad'::public.mood; nullopt for another expression.
std::optional<std::string> label_literal(std::string_view sql) {
  const std::size_t end = sql.rfind("'::");
  if (!sql.starts_with('\'') || end == std::string_view::npos) return std::nullopt;
  for (std::size_t i = 1; i < end; ++i) {
    if (sql[i] != '\'') continue;
    if (sql[++i] != '\'' || i >= end) return std::nullopt;
  }
  return std::string(sql.substr(0, end + 1));
}

Status add_columns(Snapshot& snapshot, Found& found) {
  TRY_ASSIGN(const Rows rows, snapshot.query(sql::kColumns, "list the columns", {found.oids}));
  TRY_ASSIGN(const TypeCatalog* const types, snapshot.types());
  found.inventory.own_types = types->definitions();
  for (int row = 0; row < rows.size(); ++row) {
    Table* table = found.table(rows.text(row, 0));
    if (table == nullptr) continue;
    const NativeColumn native = native_column(rows, row, *types);
    Column column;
    column.name = native.name;
    column.type = type_of(native.type);
    column.own_type = own_type_of(native.type);
    column.declared = is_declared_alike(native.type);
    column.nullable = !rows.boolean(row, 5);
    column.identity = rows.boolean(row, 7);
    column.generated = rows.boolean(row, 8);
    column.comment = rows.text(row, 9);
    if (!column.generated) column.default_sql = rows.optional_text(row, 6);
    // An enum travels as text, so does the label that is its default.
    if (column.default_sql && native.type.is_enum && !native.type.is_array) {
      column.default_sql = label_literal(*column.default_sql);
    } else if (column.default_sql && !column.identity && rows.boolean(row, 10)) {
      found.inventory.findings.push_back(
          {"default_not_carried", table->name.display() + "." + column.name,
           "default " + *column.default_sql + " uses objects of this database"});
      column.default_sql.reset();
    }
    table->columns.push_back(std::move(column));
  }
  return {};
}

Status add_constraints(Snapshot& snapshot, Found& found) {
  TRY_ASSIGN(const Rows rows,
             snapshot.query(sql::kConstraints, "list the constraints", {found.oids}));
  for (int row = 0; row < rows.size(); ++row) {
    Table* table = found.table(rows.text(row, 0));
    if (table == nullptr) continue;
    const std::string name = rows.text(row, 2);
    switch (rows.text(row, 1).at(0)) {
      case 'p':
        table->keys.push_back({KeyKind::kPrimary, name, names(rows, row, 3)});
        break;
      case 'u':
        table->keys.push_back({KeyKind::kUnique, name, names(rows, row, 3)});
        break;
      case 'f':
        table->foreign_keys.push_back({name,
                                       names(rows, row, 3),
                                       {rows.text(row, 4), rows.text(row, 5)},
                                       names(rows, row, 6),
                                       rows.text(row, 7),
                                       rows.text(row, 8),
                                       rows.text(row, 11)});
        break;
      default:
        if (rows.boolean(row, 10)) {
          found.inventory.findings.push_back(
              {"check_not_carried", table->name.display(),
               "check " + rows.text(row, 9) + " uses types or functions of this database"});
        } else {
          table->checks.push_back({name, rows.text(row, 9)});
        }
        break;
    }
  }
  return {};
}

Status add_indexes(Snapshot& snapshot, Found& found) {
  TRY_ASSIGN(const Rows rows, snapshot.query(sql::kIndexes, "list the indexes", {found.oids}));
  for (int row = 0; row < rows.size(); ++row) {
    Table* table = found.table(rows.text(row, 0));
    if (table == nullptr) continue;
    const bool repeats = !rows.is_null(row, 5) && !rows.boolean(row, 6);
    table->indexes.push_back({rows.text(row, 1), names(rows, row, 4), rows.boolean(row, 2),
                              rows.text(row, 3), rows.text(row, 5), repeats, names(rows, row, 7)});
  }
  return {};
}

Status add_sequences(Snapshot& snapshot, const std::string& schemas, Found& found) {
  TRY_ASSIGN(const Rows rows, snapshot.query(sql::kSequences, "list the sequences", {schemas}));
  for (int row = 0; row < rows.size(); ++row) {
    Sequence sequence{rows.text(row, 0), rows.text(row, 2), rows.number(row, 3),
                      rows.number(row, 4)};
    if (rows.is_null(row, 1)) {
      sequence.name = TableName{rows.text(row, 5), sequence.name}.display();
      found.inventory.free_sequences.push_back(std::move(sequence));
    } else if (Table* table = found.table(rows.text(row, 1))) {
      table->sequences.push_back(std::move(sequence));
    }
  }
  return {};
}

// What no schema is named for: all that people have made. One that this role may not look into is a
// finding, since its tables stay behind.
Result<std::vector<std::string>> all_schemas(Snapshot& snapshot, Found& found) {
  TRY_ASSIGN(const Rows rows,
             snapshot.query("SELECT nspname, has_schema_privilege(oid, 'USAGE') FROM pg_namespace "
                            "WHERE NOT starts_with(nspname, 'pg_') AND nspname <> "
                            "'information_schema' AND NOT starts_with(nspname, 'sluice_') "
                            "ORDER BY nspname",
                            "list the schemas"));
  std::vector<std::string> schemas;
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.text(row, 1) == "t") {
      schemas.push_back(rows.text(row, 0));
    } else {
      found.inventory.findings.push_back({"schema_not_readable", rows.text(row, 0),
                                          "this role may not look into it: grant USAGE on it"});
    }
  }
  return schemas;
}

Status add_findings(Snapshot& snapshot, const std::vector<std::string>& schemas, Found& found) {
  TRY_ASSIGN(const Rows rows,
             snapshot.query(sql::kFindings, "look for what is not carried", {found.oids}));
  for (int row = 0; row < rows.size(); ++row) {
    if (const Table* table = found.table(rows.text(row, 1))) {
      found.inventory.findings.push_back(
          {rows.text(row, 0), table->name.display(), rows.text(row, 2)});
    }
  }
  TRY_ASSIGN(const Rows missing,
             snapshot.query("SELECT s FROM unnest($1::text[]) AS u(s) WHERE NOT EXISTS "
                            "(SELECT FROM pg_namespace n WHERE n.nspname = s)",
                            "look for the schemas", {array_literal(schemas)}));
  for (int row = 0; row < missing.size(); ++row) {
    found.inventory.findings.push_back(
        {"schema_not_found", missing.text(row, 0), "there is no such schema"});
  }
  return {};
}

Status add_dependents(Snapshot& snapshot, Found& found) {
  TRY_ASSIGN(const Rows rows, snapshot.query(sql::kDependentsOf,
                                             "look for what depends on the tables", {found.oids}));
  for (int row = 0; row < rows.size(); ++row) {
    Table* table = found.table(rows.text(row, 0));
    if (table == nullptr) continue;
    table->dependents.push_back(
        {rows.text(row, 1), {rows.text(row, 2), rows.text(row, 3)}, true, rows.boolean(row, 4)});
  }
  return {};
}

}  // namespace

Result<Inventory> inspect(Snapshot& snapshot, const std::vector<std::string>& asked) {
  Found found;
  std::vector<std::string> schemas = asked;
  if (schemas.empty()) {
    TRY_ASSIGN(schemas, all_schemas(snapshot, found));
  }
  const std::string list = array_literal(schemas);
  found.inventory.endpoint = "postgres";
  TRY_ASSIGN(const Rows version,
             snapshot.query("SELECT current_setting('server_version')", "ask for the version"));
  found.inventory.version = version.text(0, 0);
  TRY(add_tables(snapshot, list, found));
  TRY(add_columns(snapshot, found));
  TRY(add_constraints(snapshot, found));
  TRY(add_indexes(snapshot, found));
  TRY(add_sequences(snapshot, list, found));
  TRY(add_findings(snapshot, schemas, found));
  TRY(add_dependents(snapshot, found));
  return std::move(found.inventory);
}

}  // namespace sluice::postgres
