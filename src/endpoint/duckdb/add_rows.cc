#include "endpoint/duckdb/add_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/duckdb/ddl.h"

namespace sluice::duckdb {
namespace {

constexpr int kValueLengthMax = 60;  // of a value in a message

std::vector<std::string> columns_of(const TargetTable& table) {
  std::vector<std::string> names;
  for (const TargetColumn& column : table.columns) names.push_back(column.name);
  return names;
}

// The columns by which a message tells a row from others.
std::vector<std::string> row_name(const TargetTable& table) {
  if (!table.merge_key.empty()) return table.merge_key;
  for (const Key& key : table.keys) {
    if (key.kind == KeyKind::kPrimary) return key.columns;
  }
  return columns_of(table);
}

std::string shown(const std::vector<std::string>& columns) {
  std::vector<std::string> values;
  for (const std::string& column : columns) {
    values.push_back(fmt::format("coalesce(CAST({} AS VARCHAR)[:{}], 'NULL')",
                                 quote_identifier(column), kValueLengthMax));
  }
  return "concat_ws(', ', " + join(values, ", ") + ")";
}

std::string equal_keys(const TargetTable& table) {
  std::vector<std::string> terms;
  for (const std::string& key : table.merge_key) {
    terms.push_back(fmt::format("o.{0} = n.{0}", quote_identifier(key)));
  }
  return join(terms, " AND ");
}

Error conflict(const TargetTable& table, const std::string& what) {
  const std::string name = table.name.display();
  return Error(ErrorKind::kConflict, fmt::format("table \"{}\": {}", name, what)).about(name);
}

Status refuse_where(EngineConnection& connection, const TableName& staging,
                    const TargetTable& table, const std::string& condition,
                    const std::string& constraint) {
  const std::vector<std::string> name = row_name(table);
  TRY_ASSIGN(const auto rows,
             connection.rows(fmt::format("SELECT {} FROM {} s WHERE {} LIMIT 1", shown(name),
                                         staging.quoted(), condition)));
  if (rows.empty()) return {};
  return fail(conflict(table, fmt::format("the row with ({}) = ({}) breaks {}", join(name, ", "),
                                          rows.at(0).at(0).value_or("NULL"), constraint)));
}

std::string leads_nowhere(const ForeignKey& key) {
  std::vector<std::string> known;
  std::vector<std::string> equal;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    const std::string column = "s." + quote_identifier(key.columns[i]);
    known.push_back(column + " IS NOT NULL");
    equal.push_back(fmt::format("p.{} = {}", quote_identifier(key.target_columns.at(i)), column));
  }
  return fmt::format("{} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {})", join(known, " AND "),
                     key.target.quoted(), join(equal, " AND "));
}

Status check_one_row_a_key(EngineConnection& connection, const TableName& staging,
                           const TargetTable& table, const Table& old) {
  std::vector<std::string> keys;
  for (const std::string& key : table.merge_key) keys.push_back("o." + quote_identifier(key));
  TRY_ASSIGN(const auto rows,
             connection.rows(fmt::format(
                 "SELECT any_value({}), count(*) FROM {} o WHERE EXISTS (SELECT 1 FROM {} n WHERE "
                 "{}) GROUP BY {} HAVING count(*) > 1 LIMIT 1",
                 shown(table.merge_key), old.name.quoted(), staging.quoted(), equal_keys(table),
                 join(keys, ", "))));
  if (rows.empty()) return {};
  return fail(
      conflict(table, fmt::format("{} rows of the target have the key ({}) = ({}), which "
                                  "one a merge replaces is not said",
                                  rows.at(0).at(1).value_or(""), join(table.merge_key, ", "),
                                  rows.at(0).at(0).value_or(""))));
}

}  // namespace

Status check_continuation(const TargetTable& table, const Table& old) {
  std::size_t stored = 0;
  for (const Column& column : old.columns) {
    if (!column.generated) ++stored;
  }
  for (const TargetColumn& column : table.columns) {
    const auto at = std::find_if(old.columns.begin(), old.columns.end(), [&](const Column& c) {
      return to_lower(c.name) == to_lower(column.name) && !c.generated;
    });
    if (at == old.columns.end()) {
      return fail(conflict(table, fmt::format("the target has no column \"{}\"", column.name)));
    }
    if (at->type != column.type) {
      return fail(
          conflict(table, fmt::format("column \"{}\" is {} in the target, {} in the source",
                                      column.name, to_string(at->type), to_string(column.type))));
    }
  }
  if (stored != table.columns.size()) {
    return fail(conflict(table, fmt::format("the target has {} columns, the source has {}", stored,
                                            table.columns.size())));
  }
  return {};
}

bool is_tied(const DuckdbCatalog& catalog, const TargetPlan& plan, const Table& old) {
  const auto refers_to_planned = [&](const ForeignKey& key) {
    return same_name(key.target, old.name) ||
           std::any_of(plan.tables.begin(), plan.tables.end(),
                       [&](const TargetTable& t) { return same_name(t.name, key.target); });
  };
  if (std::any_of(old.foreign_keys.begin(), old.foreign_keys.end(), refers_to_planned)) return true;
  return std::any_of(catalog.tables.begin(), catalog.tables.end(), [&](const Table& other) {
    return std::any_of(other.foreign_keys.begin(), other.foreign_keys.end(),
                       [&](const ForeignKey& key) { return same_name(key.target, old.name); });
  });
}

bool has_unique_index(const Table& old) {
  return std::any_of(old.indexes.begin(), old.indexes.end(),
                     [](const Index& index) { return index.unique; });
}

// The engine's own messages name no row.
Status check_rows(EngineConnection& connection, const TableName& staging, const TargetTable& table,
                  const Table& old, bool tied) {
  for (const Column& column : old.columns) {
    if (column.nullable || column.generated) continue;
    TRY(refuse_where(connection, staging, table, quote_identifier(column.name) + " IS NULL",
                     fmt::format("NOT NULL of column \"{}\"", column.name)));
  }
  for (const Check& check : old.checks) {
    TRY(refuse_where(connection, staging, table, "NOT (" + check.expression_sql + ")",
                     "the check " + check.expression_sql));
  }
  if (!tied) {
    for (const ForeignKey& key : old.foreign_keys) {
      TRY(refuse_where(connection, staging, table, leads_nowhere(key),
                       fmt::format("the foreign key ({}) to \"{}\"", join(key.columns, ", "),
                                   key.target.display())));
    }
  }
  if (table.if_exists != IfExists::kMerge) return {};
  return check_one_row_a_key(connection, staging, table, old);
}

Status add_rows(EngineConnection& connection, const TableName& staging, const TargetTable& table,
                const Table& old) {
  if (table.if_exists == IfExists::kMerge) {
    TRY(connection.execute(fmt::format("DELETE FROM {} o USING {} n WHERE {}", old.name.quoted(),
                                       staging.quoted(), equal_keys(table))));
  }
  return move_rows(connection, {staging, old.name, columns_of(table), "", {}});
}

Status take_rows_back(EngineConnection& connection, const KeptObject& object) {
  TRY(connection.execute("DELETE FROM " + object.name.quoted()));
  TRY(move_rows(connection, {object.kept, object.name, object.columns, "", {}}));
  return connection.execute("DROP TABLE " + object.kept.quoted());
}

Status check_remakable(EngineConnection& connection, const std::string& catalog, const Table& old) {
  const auto at = std::find_if(old.columns.begin(), old.columns.end(), [](const Column& column) {
    return column.type.native_name.starts_with("ENUM(");
  });
  if (at == old.columns.end()) return {};
  TRY_ASSIGN(const auto named,
             connection.rows(fmt::format("SELECT type_name FROM duckdb_types() WHERE NOT internal "
                                         "AND logical_type = 'ENUM' AND database_name = {} "
                                         "LIMIT 1",
                                         quote_literal(catalog))));
  if (named.empty()) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("table \"{}\": its sequence, unique index or foreign keys make "
                                "DuckDB need a new table, "
                                "which would not keep the name of the enum of column \"{}\"",
                                old.name.display(), at->name))
                  .about(old.name.display() + "." + at->name)
                  .advise("use --if-exists replace, or add the rows to a copy of the table"));
}

}  // namespace sluice::duckdb
