#include "plan/plan.h"

#include <fmt/format.h>

namespace sluice {

bool Plan::refused() const {
  for (const TablePlan& table : tables) {
    for (const ColumnPlan& column : table.columns) {
      for (const ColumnLoss& loss : column.losses) {
        if (!loss.accepted && !loss.rejected) return true;
      }
    }
  }
  return false;
}

std::vector<std::string> Plan::accept_flags() const {
  std::vector<std::string> flags;
  for (const TablePlan& table : tables) {
    for (const ColumnPlan& column : table.columns) {
      for (const ColumnLoss& loss : column.losses) {
        if (loss.accepted || loss.rejected || loss.remedies.empty()) continue;
        std::string flag = fmt::format("{}.{}:{}", table.source.name.display(), column.source,
                                       to_string(loss.remedies.front()));
        const bool plain = flag.find_first_of(" '\"$`\\") == std::string::npos;
        flags.push_back("--accept-loss " + (plain ? flag : quote_identifier(flag)));
      }
    }
  }
  return flags;
}

TargetPlan Plan::target_plan() const {
  TargetPlan plan;
  for (const TablePlan& table : tables) plan.tables.push_back(table.target);
  plan.views = views;
  return plan;
}

std::string Plan::select_sql(const TablePlan& table, const std::string& relation) {
  std::vector<std::string> items;
  for (const ColumnPlan& column : table.columns) {
    items.push_back(column.expression + " AS " + quote_identifier(column.target));
  }
  std::string sql = "SELECT " + join(items, ", ") + " FROM " + relation;
  if (!table.reject_predicate.empty()) sql += " WHERE (" + table.reject_predicate + ") IS NOT TRUE";
  return sql;
}

std::string Plan::rejects_sql(const TablePlan& table, const std::string& relation) {
  return "SELECT * FROM " + relation + " WHERE (" + table.reject_predicate + ") IS TRUE";
}

}  // namespace sluice
