#include "endpoint/duckdb/ddl.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/sql_names.h"

namespace sluice::duckdb {
namespace {

std::string column_sql(const TargetColumn& column, bool is_final,
                       const std::map<std::string, std::string>& sequences) {
  std::string out = quote_identifier(column.name) + " " + column.native_type;
  if (!column.nullable) out += " NOT NULL";
  const auto sequence = sequences.find(column.name);
  if (is_final && sequence != sequences.end()) {
    out += fmt::format(" DEFAULT nextval({})", quote_literal(sequence->second));
  } else if (column.default_sql && !column.identity) {
    out += fmt::format(" DEFAULT ({})", *column.default_sql);
  }
  return out;
}

}  // namespace

TableName with_schema(const TableName& name) {
  return {name.schema.empty() ? "main" : name.schema, name.name};
}

bool same_name(const TableName& a, const TableName& b) {
  return to_lower(with_schema(a).schema) == to_lower(with_schema(b).schema) &&
         to_lower(a.name) == to_lower(b.name);
}

// "_t_" keeps a table that is called "ledger" or "kept_t" apart from the run's other names.
TableName staging_table(const std::string& run, const TableName& final_name) {
  return {with_schema(final_name).schema, staging_prefix(run) + "_t_" + final_name.name};
}

TableName kept_table(const std::string& run, const TableName& final_name) {
  return {with_schema(final_name).schema, kept_prefix(run) + "_" + final_name.name};
}

std::string column_list(const std::vector<std::string>& columns) {
  std::vector<std::string> quoted;
  for (const std::string& column : columns) quoted.push_back(quote_identifier(column));
  return join(quoted, ", ");
}

std::string create_table_sql(const TargetTable& table, const TableName& name, bool is_final,
                             const std::map<std::string, std::string>& sequences) {
  std::vector<std::string> items;
  for (const TargetColumn& column : table.columns) {
    items.push_back(column_sql(column, is_final, sequences));
  }
  for (const Key& key : table.keys) {
    items.push_back(fmt::format("{} ({})", key.kind == KeyKind::kPrimary ? "PRIMARY KEY" : "UNIQUE",
                                column_list(key.columns)));
  }
  for (const Check& check : table.checks) items.push_back("CHECK (" + check.expression_sql + ")");
  if (is_final) {
    for (const ForeignKey& key : table.foreign_keys) {
      items.push_back(fmt::format("FOREIGN KEY ({}) REFERENCES {} ({})", column_list(key.columns),
                                  with_schema(key.target).quoted(),
                                  column_list(key.target_columns)));
    }
  }
  return fmt::format("CREATE TABLE IF NOT EXISTS {} ({})", with_schema(name).quoted(),
                     join(items, ", "));
}

std::vector<std::string> index_sql(const TargetTable& table) {
  std::vector<std::string> out;
  for (const Index& index : table.indexes) {
    if (index.columns.empty()) continue;
    const std::string name =
        index.name.empty() ? table.name.name + "_" + join(index.columns, "_") + "_idx" : index.name;
    out.push_back(fmt::format("CREATE {}INDEX {} ON {} ({})", index.unique ? "UNIQUE " : "",
                              quote_identifier(name), with_schema(table.name).quoted(),
                              column_list(index.columns)));
  }
  return out;
}

std::vector<std::string> comment_sql(const TargetTable& table) {
  std::vector<std::string> out;
  const std::string name = with_schema(table.name).quoted();
  if (!table.comment.empty()) {
    out.push_back(fmt::format("COMMENT ON TABLE {} IS {}", name, quote_literal(table.comment)));
  }
  for (const TargetColumn& column : table.columns) {
    if (column.comment.empty()) continue;
    out.push_back(fmt::format("COMMENT ON COLUMN {}.{} IS {}", name, quote_identifier(column.name),
                              quote_literal(column.comment)));
  }
  return out;
}

std::string with_start(const std::string& create_sequence_sql, std::int64_t start) {
  static constexpr std::string_view kWord = " START ";
  const std::size_t at = create_sequence_sql.rfind(kWord);
  if (at == std::string::npos) return create_sequence_sql;
  const std::size_t number = at + kWord.size();
  const std::size_t end = create_sequence_sql.find(' ', number);
  return create_sequence_sql.substr(0, number) + std::to_string(start) +
         (end == std::string::npos ? "" : create_sequence_sql.substr(end));
}

Result<std::vector<std::size_t>> foreign_key_order(const std::vector<TargetTable>& tables) {
  std::vector<std::size_t> order;
  std::vector<bool> done(tables.size(), false);
  const auto waits_for = [&](std::size_t i) {
    for (const ForeignKey& key : tables[i].foreign_keys) {
      for (std::size_t j = 0; j < tables.size(); ++j) {
        if (j != i && !done[j] && same_name(key.target, tables[j].name)) return true;
      }
    }
    return false;
  };
  while (order.size() < tables.size()) {
    const std::size_t before = order.size();
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (done[i] || waits_for(i)) continue;
      done[i] = true;
      order.push_back(i);
    }
    if (order.size() > before) continue;
    std::vector<std::string> circle;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (!done[i]) circle.push_back("\"" + tables[i].name.display() + "\"");
    }
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("the foreign keys of {} form a circle, which DuckDB cannot make",
                                  join(circle, ", ")))
                    .advise("leave one of the tables out with --exclude, or move them without that "
                            "key"));
  }
  return order;
}

}  // namespace sluice::duckdb
