#include "migrate/recheck.h"

#include <fmt/format.h>

#include <algorithm>

#include "migrate/planning.h"
#include "transfer/copy_tables.h"

namespace sluice {
namespace {

bool has_maps(const Plan& plan) {
  return std::any_of(plan.tables.begin(), plan.tables.end(),
                     [](const TablePlan& table) { return !table.map_sql.empty(); });
}

Status check_columns(const Inventory& inventory, const TablePlan& table) {
  const auto gone = [&](const std::string& object, const std::string& what) {
    return fail(
        Error(ErrorKind::kConflict, fmt::format("\"{}\" {} since the plan was made", object, what))
            .about(object)
            .advise("make the plan again with `sluice plan`"));
  };
  const auto at = std::find_if(inventory.tables.begin(), inventory.tables.end(),
                               [&](const Table& t) { return t.name == table.source.name; });
  if (at == inventory.tables.end()) return gone(table.source.name.display(), "is gone");
  for (const Column& column : table.source.columns) {
    if (at->find_column(column.name) == nullptr) {
      return gone(table.source.name.display() + "." + column.name, "is gone");
    }
  }
  if (at->columns.size() != table.source.columns.size()) {
    return gone(table.source.name.display(), "has other columns");
  }
  return {};
}

// Every value check of the target over the expressions of the plan must count nothing.
Status check_values(Engine& engine, ReadSession& session, const Endpoint& target,
                    const TablePlan& table) {
  std::vector<std::string> items;
  std::vector<std::string> messages;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const std::string& expression = table.columns[c].expression;
    for (const ValueCheck& check : target.rule(table.target.columns[c].type).checks) {
      items.push_back(fmt::format("count(*) FILTER (WHERE {} IS NOT NULL AND {})", expression,
                                  fmt::format(fmt::runtime(check.predicate_sql), expression)));
      messages.push_back(fmt::format("{}.{}: {}", table.source.name.display(),
                                     table.columns[c].target, check.message));
    }
  }
  if (items.empty()) return {};
  TRY_ASSIGN(const std::string relation, source_relation(session, table, nullptr, ReadPath::kFast));
  std::string sql = "SELECT " + join(items, ", ") + " FROM " + relation;
  sql += Plan::where_sql(table);
  TRY_ASSIGN(const auto connection, engine.connect());
  TRY_ASSIGN(const auto rows, connection->rows(sql));
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (rows.at(0).at(i) == "0") continue;
    return fail(Error(ErrorKind::kWouldLoseData,
                      fmt::format("values have changed since the plan was made: {}", messages[i]))
                    .about(table.source.name.display())
                    .advise("make the plan again with `sluice plan`"));
  }
  return {};
}

}  // namespace

Status restore_map_views(Engine& engine, ReadSession& session, const Plan& plan) {
  if (!has_maps(plan)) return {};
  TRY_ASSIGN(Inventory inventory, session.inspect());
  for (Table& table : inventory.tables) TRY(session.survey(table));
  return add_source_views(engine, session, inventory.tables);
}

Status recheck_plan(Engine& engine, ReadSession& session, const Endpoint& target, Plan& plan) {
  TRY(restore_map_views(engine, session, plan));
  TRY_ASSIGN(const std::string now, session.fingerprint());
  const bool unchanged = !now.empty() && now == plan.fingerprint;
  TRY_ASSIGN(const Inventory inventory, session.inspect());
  for (TablePlan& table : plan.tables) {
    if (!table.map_sql.empty()) continue;
    TRY(check_columns(inventory, table));
    TRY_ASSIGN(table.chunks, session.chunks(table.source, table.chunk_rows));
  }
  if (!unchanged) {
    for (const TablePlan& table : plan.tables) TRY(check_values(engine, session, target, table));
  }
  plan.fingerprint = now;
  return {};
}

}  // namespace sluice
