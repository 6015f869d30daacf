#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/text.h"

namespace sluice {
namespace {

// NULL unlike 'NULL'.
std::string value_text(const std::optional<std::string>& value) {
  return value ? printable(quote_literal(*value)) : "NULL";
}

std::string key_text(const std::vector<NamedValue>& key) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : key) {
    parts.push_back(printable(name) + "=" + (value ? printable(*value) : "NULL"));
  }
  return "key (" + join(parts, ", ") + ")";
}

const NamedValue* find(const std::vector<NamedValue>& row, const std::string& name) {
  const auto at =
      std::find_if(row.begin(), row.end(), [&](const NamedValue& v) { return v.first == name; });
  return at == row.end() ? nullptr : &*at;
}

std::string line(char sign, const NamedValue& value, const TextStyle& style) {
  return toned(fmt::format("{}{}: {}", sign, printable(value.first), value_text(value.second)),
               sign == '-' ? Tone::kBad : Tone::kGood, style) +
         "\n";
}

std::string changed_columns(const RowDifference& row, const TextStyle& style) {
  std::string out;
  for (const NamedValue& value : row.source) {
    const NamedValue* other = find(row.target, value.first);
    if (other != nullptr && other->second == value.second) continue;
    out += line('-', value, style);
    if (other != nullptr) out += line('+', *other, style);
  }
  for (const NamedValue& value : row.target) {
    if (find(row.source, value.first) == nullptr) out += line('+', value, style);
  }
  return out;
}

std::string one_row(const RowDifference& row, const TextStyle& style) {
  const std::string_view where = row.side == DifferenceSide::kSource   ? "only in source"
                                 : row.side == DifferenceSide::kTarget ? "only in target"
                                                                       : "";
  std::string what = row.key.empty() ? "row" : key_text(row.key);
  if (!where.empty()) what += fmt::format(" {}", where);
  if (row.copies > 1) what += fmt::format(", {} times", format_count(row.copies));
  std::string out = toned("@@ " + what + " @@", Tone::kStrong, style) + "\n";
  if (row.side == DifferenceSide::kBoth) return out + changed_columns(row, style);
  for (const NamedValue& value : row.source) out += line('-', value, style);
  for (const NamedValue& value : row.target) out += line('+', value, style);
  return out;
}

}  // namespace

std::string render_differences(const TableDifference& compared, const TextStyle& style) {
  if (compared.differences.empty()) return "";
  std::string out = fmt::format("--- source {}\n+++ target {}\n", printable(compared.table.source),
                                printable(compared.table.target));
  for (const RowDifference& row : compared.differences) out += one_row(row, style);
  out += fmt::format("{} rows changed, {} only in source, {} only in target{}\n",
                     format_count(compared.rows_changed), format_count(compared.rows_only_source),
                     format_count(compared.rows_only_target),
                     compared.limit_hit ? "; more than those shown, see --limit" : "");
  return out;
}

}  // namespace sluice
