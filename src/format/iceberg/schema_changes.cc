#include "format/iceberg/schema_changes.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::iceberg {
namespace {

const Column* find(const std::vector<Column>& columns, std::int32_t id) {
  const auto at = std::find_if(columns.begin(), columns.end(),
                               [&](const Column& column) { return column.id == id; });
  return at == columns.end() ? nullptr : &*at;
}

std::string below(const std::string& above, const std::string& name) {
  return above.empty() ? name : above + "." + name;
}

void compare(const std::vector<Column>& before, const std::vector<Column>& after,
             const std::string& above, std::vector<std::string>& out) {
  for (const Column& column : before) {
    if (find(after, column.id) != nullptr) continue;
    out.push_back(fmt::format("dropped column \"{}\"", below(above, column.name)));
  }
  for (const Column& column : after) {
    const std::string name = below(above, column.name);
    const Column* const old = find(before, column.id);
    if (old == nullptr) {
      out.push_back(fmt::format("added column \"{}\" {}", name, to_string(column.type)));
      continue;
    }
    if (old->name != column.name) {
      out.push_back(
          fmt::format("renamed column \"{}\" to \"{}\"", below(above, old->name), column.name));
    }
    if (old->required != column.required) {
      out.push_back(fmt::format("column \"{}\" {} NULL", name,
                                column.required ? "may no longer be" : "may be"));
    }
    if (old->type.id == column.type.id && column.type.is_nested()) {
      compare(old->type.parts, column.type.parts, name, out);
    } else if (!(old->type == column.type)) {
      out.push_back(fmt::format("changed column \"{}\" from {} to {}", name, to_string(old->type),
                                to_string(column.type)));
    }
  }
}

}  // namespace

std::vector<std::string> column_changes(const Schema& before, const Schema& after) {
  std::vector<std::string> out;
  compare(before.columns, after.columns, "", out);
  return out;
}

}  // namespace sluice::iceberg
