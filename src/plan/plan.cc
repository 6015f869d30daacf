#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace sluice {
namespace {

bool offers(const ColumnLoss& loss, LossReason reason) {
  return std::find(loss.remedies.begin(), loss.remedies.end(), reason) != loss.remedies.end();
}

// The mildest remedy of each loss; as_text alone where it keeps all values that several would lose.
std::vector<LossReason> reasons_to_accept(const ColumnPlan& column) {
  std::vector<LossReason> reasons;
  bool text_keeps_all = true;
  for (const ColumnLoss& loss : column.losses) {
    if (loss.accepted || loss.rejected || loss.remedies.empty()) continue;
    text_keeps_all = text_keeps_all && offers(loss, LossReason::kAsText);
    reasons.push_back(loss.remedies.front());
  }
  if (reasons.size() > 1 && text_keeps_all) return {LossReason::kAsText};
  return reasons;
}

}  // namespace

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
      // A column of --map has no name in the source.
      const std::string& name = column.source.empty() ? column.target : column.source;
      for (const LossReason reason : reasons_to_accept(column)) {
        flags.push_back("--accept-loss " +
                        shell_word(fmt::format("{}.{}:{}", table.source.name.display(), name,
                                               to_string(reason))));
      }
    }
  }
  return flags;
}

TargetPlan Plan::target_plan() const {
  TargetPlan plan;
  for (const TablePlan& table : tables) plan.tables.push_back(table.target);
  plan.views = views;
  plan.access = access;
  return plan;
}

std::string Plan::where_sql(const TablePlan& table) {
  std::vector<std::string> terms;
  if (!table.reject_predicate.empty())
    terms.push_back("(" + table.reject_predicate + ") IS NOT TRUE");
  if (!table.cursor_predicate.empty()) terms.push_back("(" + table.cursor_predicate + ") IS TRUE");
  return terms.empty() ? "" : " WHERE " + join(terms, " AND ");
}

std::string Plan::select_sql(const TablePlan& table, const std::string& relation) {
  std::vector<std::string> items;
  for (const ColumnPlan& column : table.columns) {
    items.push_back(column.expression + " AS " + quote_identifier(column.target));
  }
  return "SELECT " + join(items, ", ") + " FROM " + relation + where_sql(table);
}

std::string Plan::rejects_sql(const TablePlan& table, const std::string& relation) {
  std::string sql = "SELECT * FROM " + relation + " WHERE (" + table.reject_predicate + ") IS TRUE";
  if (!table.cursor_predicate.empty()) sql += " AND (" + table.cursor_predicate + ") IS TRUE";
  return sql;
}

}  // namespace sluice
