#include "plan/select_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace sluice {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

Error no_such_table(const Inventory& inventory, const std::string& pattern) {
  Error error(ErrorKind::kNotFound, fmt::format("no table matches \"{}\"", pattern));
  error.object = pattern;
  const Table* nearest = nullptr;
  for (const Table& table : inventory.tables) {
    if (nearest == nullptr ||
        edit_distance(table.name.name, pattern) < edit_distance(nearest->name.name, pattern)) {
      nearest = &table;
    }
  }
  const bool is_near = nearest != nullptr && edit_distance(nearest->name.name, pattern) <=
                                                 std::max<std::size_t>(2, pattern.size() / 3);
  if (nearest != nullptr && !is_near) {
    error.hint =
        fmt::format("`sluice inspect LOCATION` lists all {} tables", inventory.tables.size());
  } else if (nearest == nullptr) {
    error.hint = "there is no table at all; `sluice inspect LOCATION` shows what is there";
  } else {
    error.hint = fmt::format("did you mean \"{}\"? `sluice inspect LOCATION` lists all {} tables",
                             nearest->name.display(), inventory.tables.size());
  }
  return error;
}

}  // namespace

void keep_findings_of(const std::vector<Table>& chosen, Inventory& inventory) {
  // Findings name "table" or "table.column"; a table's name may hold points, so the longest counts.
  const auto owner = [&](const Finding& finding) {
    const TableName* found = nullptr;
    for (const Table& table : inventory.tables) {
      const std::string name = table.name.display();
      const bool about = finding.object == name || finding.object.starts_with(name + ".");
      if (about && (found == nullptr || found->display().size() < name.size())) found = &table.name;
    }
    return found;
  };
  std::erase_if(inventory.findings, [&](const Finding& finding) {
    const TableName* const table = owner(finding);
    return table != nullptr && std::none_of(chosen.begin(), chosen.end(),
                                            [&](const Table& kept) { return kept.name == *table; });
  });
}

bool names_table(const std::string& pattern, const TableName& name, bool folds_case) {
  const auto matches = [&](const std::string& text) {
    if (text == pattern || matches_glob(text, pattern)) return true;  // a name with a [ in it too
    return folds_case && matches_glob(to_lower(text), to_lower(pattern));
  };
  return matches(name.name) || matches(name.display());
}

Result<std::vector<Table>> select_tables(const Inventory& inventory,
                                         const std::vector<std::string>& patterns,
                                         const std::vector<std::string>& excludes,
                                         bool folds_case) {
  const auto names = [&](const std::string& pattern, const Table& table) {
    return names_table(pattern, table.name, folds_case);
  };
  for (const std::string& pattern : patterns) {
    const bool any = std::any_of(inventory.tables.begin(), inventory.tables.end(),
                                 [&](const Table& table) { return names(pattern, table); });
    if (!any) return fail(no_such_table(inventory, pattern));
  }
  std::vector<Table> chosen;
  for (const Table& table : inventory.tables) {
    bool wanted = patterns.empty() && !table.is_view;
    for (const std::string& pattern : patterns) {
      if (table.is_view && !is_plain_name(pattern)) continue;
      wanted = wanted || names(pattern, table);
    }
    for (const std::string& pattern : excludes) {
      if (names(pattern, table)) wanted = false;
    }
    if (wanted) chosen.push_back(table);
  }
  return chosen;
}

}  // namespace sluice
