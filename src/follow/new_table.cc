#include "follow/new_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "ingest/column_value.h"

namespace sluice::follow {

Result<ingest::ColumnPlan> plan_of(const Table& table) {
  if (table.is_view) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("{} is a view", table.name.display()))
                    .about(table.name.display()));
  }
  ingest::ColumnPlan plan;
  for (const Column& column : table.columns) {
    if (column.generated || column.identity) continue;
    if (!ingest::can_fill(column.type)) {
      if (column.nullable || column.default_sql) continue;
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("column \"{}\" of {} is {}, which no message can fill",
                                    column.name, table.name.display(), to_string(column.type)))
                      .about(table.name.display())
                      .advise("give the column a default, or let it be NULL"));
    }
    ingest::PlannedColumn& out = plan.emplace_back();
    out.name = column.name;
    out.type = column.type;
    out.nullable = column.nullable || column.default_sql;
    out.origin = "table";
  }
  return plan;
}

InsertTerms insert_terms(const Table& table,
                         const std::function<std::string(const Column&)>& cast) {
  InsertTerms out;
  for (const Column& column : table.columns) {
    std::string term = "b." + quote_identifier(column.name);
    const std::string type = cast ? cast(column) : "";
    if (!type.empty()) term = fmt::format("CAST({} AS {})", term, type);
    if (column.default_sql) term = fmt::format("COALESCE({}, {})", term, *column.default_sql);
    out[column.name] = term;
  }
  return out;
}

std::string insert_sql(const std::string& name, const ingest::ColumnPlan& plan,
                       const InsertTerms& terms, const std::string& relation) {
  std::vector<std::string> columns;
  std::vector<std::string> values;
  for (const ingest::PlannedColumn& column : plan) {
    columns.push_back(quote_identifier(column.name));
    const auto term = terms.find(column.name);
    values.push_back(term == terms.end() ? "b." + columns.back() : term->second);
  }
  return fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} b", name, join(columns, ", "),
                     join(values, ", "), relation);
}

Result<std::string> new_table_sql(const std::string& name, const ingest::ColumnPlan& plan,
                                  const std::vector<std::string>& key, bool with_primary_key,
                                  const std::function<TypeRule(const Type&)>& rule) {
  std::vector<std::string> items;
  std::vector<std::string> quoted_key;
  for (const std::string& column : key) quoted_key.push_back(quote_identifier(column));
  for (const ingest::PlannedColumn& column : plan) {
    const TypeRule held = rule(column.type);
    if (held.native_type.empty() || held.carried != column.type) {
      return fail(
          Error(ErrorKind::kUnsupported, fmt::format("column \"{}\": the target has no type for {}",
                                                     column.name, to_string(column.type)))
              .about(name)
              .advise("--map FILE can give it another type"));
    }
    const bool is_key = std::find(key.begin(), key.end(), column.name) != key.end();
    items.push_back(fmt::format("{} {}{}", quote_identifier(column.name), held.native_type,
                                is_key || !column.nullable ? " NOT NULL" : ""));
  }
  if (with_primary_key && !key.empty()) {
    items.push_back(fmt::format("PRIMARY KEY ({})", join(quoted_key, ", ")));
  }
  return fmt::format("CREATE TABLE {} ({})", name, join(items, ", "));
}

}  // namespace sluice::follow
