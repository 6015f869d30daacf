#include "verify/match_columns.h"

#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "verify/reconcile.h"

namespace sluice {
namespace {

void add_pair(SideColumn source, SideColumn target, MatchedColumns& out) {
  Reconciled reconciled = reconcile(source.type, target.type);
  source.sql = std::move(reconciled.source_sql);
  target.sql = std::move(reconciled.target_sql);
  if (!reconciled.note.empty()) {
    out.notes.push_back(fmt::format("column \"{}\": {}", source.name, reconciled.note));
  }
  out.source.push_back(std::move(source));
  out.target.push_back(std::move(target));
}

// The index of the only column with this name ignoring case.
std::optional<std::size_t> find_ignoring_case(const std::vector<SideColumn>& columns,
                                              const std::string& name) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (to_lower(columns[i].name) != to_lower(name)) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

std::optional<std::size_t> find_exactly(const std::vector<SideColumn>& columns,
                                        const std::string& name) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace

MatchedColumns match_columns_by_position(const std::vector<SideColumn>& source,
                                         const std::vector<SideColumn>& target) {
  MatchedColumns out;
  for (std::size_t i = 0; i < source.size(); ++i) add_pair(source[i], target[i], out);
  return out;
}

MatchedColumns match_columns_by_name(const std::vector<SideColumn>& source,
                                     const std::vector<SideColumn>& target) {
  MatchedColumns out;
  std::vector<bool> taken(target.size());
  for (const SideColumn& column : source) {
    std::optional<std::size_t> at = find_exactly(target, column.name);
    if (!at && find_ignoring_case(source, column.name))
      at = find_ignoring_case(target, column.name);
    if (!at) {
      out.complete = false;
      out.notes.push_back(fmt::format("column \"{}\" is only in the source", column.name));
      continue;
    }
    taken[*at] = true;
    add_pair(column, target[*at], out);
  }
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (taken[i]) continue;
    out.complete = false;
    out.notes.push_back(fmt::format("column \"{}\" is only in the target", target[i].name));
  }
  return out;
}

}  // namespace sluice
