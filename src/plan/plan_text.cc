#include "plan/plan_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice {
namespace {

std::string_view if_exists_text(IfExists choice) {
  switch (choice) {
    case IfExists::kReplace:
      return ", replaces what is there";
    case IfExists::kAppend:
      return ", appends to what is there";
    case IfExists::kMerge:
      return ", merges into what is there";
    case IfExists::kFail:
      break;
  }
  return "";
}

std::string table_text(const TablePlan& table) {
  const std::string rows = table.source.rows ? format_count(*table.source.rows) + " rows"
                                             : std::string("rows not known");
  std::string out =
      fmt::format("{} -> {}: {}, {} chunk{}{}\n", table.source.name.display(),
                  table.target.name.display(), rows, table.chunks.size(),
                  table.chunks.size() == 1 ? "" : "s", if_exists_text(table.target.if_exists));
  if (!table.cursor.empty()) {
    out += fmt::format("  only rows where {}\n", table.cursor_predicate.empty()
                                                     ? "true: the target has none yet"
                                                     : table.cursor_predicate);
  }
  std::size_t name_width = 0;
  std::size_t source_width = 0;
  std::size_t target_width = 0;
  for (const ColumnPlan& column : table.columns) {
    name_width = std::max(name_width, column.target.size());
    source_width = std::max(source_width, column.source_type.size());
    target_width = std::max(target_width, column.target_type.size());
  }
  static constexpr std::size_t kWidthMax = 32;
  for (const ColumnPlan& column : table.columns) {
    out += fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}{}\n", column.target, name_width,
                       column.source_type, std::min(source_width, kWidthMax), column.target_type,
                       std::min(target_width, kWidthMax), to_string(column.mapping),
                       column.reason.empty() ? "" : ": " + column.reason);
  }
  return out;
}

}  // namespace

std::string plan_to_text(const Plan& plan) {
  std::string out = fmt::format("plan: {} -> {}\n\n", plan.source, plan.target);
  for (const TablePlan& table : plan.tables) out += table_text(table) + "\n";
  if (!plan.findings.empty()) {
    out += "findings:\n";
    for (const Finding& finding : plan.findings) {
      out += fmt::format("  {} {}: {}\n", finding.kind, finding.object, finding.message);
    }
    out += "\n";
  }
  out += fmt::format("needs about {} and {} (an estimate)\n", format_bytes(plan.bytes_needed),
                     format_duration(plan.seconds_estimate));
  return out;
}

}  // namespace sluice
