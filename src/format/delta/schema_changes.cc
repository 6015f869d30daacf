#include "format/delta/schema_changes.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::delta {
namespace {

const Field* find(const std::vector<Field>& fields, const std::string& physical_name) {
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
    return field.physical_name == physical_name;
  });
  return at == fields.end() ? nullptr : &*at;
}

std::string below(const std::string& above, const std::string& name) {
  return above.empty() ? name : above + "." + name;
}

void compare(const std::vector<Field>& before, const std::vector<Field>& after,
             const std::string& above, std::vector<std::string>& out) {
  for (const Field& field : before) {
    if (find(after, field.physical_name) != nullptr) continue;
    out.push_back(fmt::format("dropped column \"{}\"", below(above, field.name)));
  }
  for (const Field& field : after) {
    const std::string name = below(above, field.name);
    const Field* const old = find(before, field.physical_name);
    if (old == nullptr) {
      out.push_back(fmt::format("added column \"{}\" {}", name, to_string(field.type)));
      continue;
    }
    if (old->name != field.name) {
      out.push_back(
          fmt::format("renamed column \"{}\" to \"{}\"", below(above, old->name), field.name));
    }
    if (old->nullable != field.nullable) {
      out.push_back(fmt::format("column \"{}\" {} NULL", name,
                                field.nullable ? "may be" : "may no longer be"));
    }
    if (old->type.kind == field.type.kind && !field.parts.empty()) {
      compare(old->parts, field.parts, name, out);
    } else if (!(old->type == field.type)) {
      out.push_back(fmt::format("changed column \"{}\" from {} to {}", name, to_string(old->type),
                                to_string(field.type)));
    }
  }
}

}  // namespace

std::vector<std::string> column_changes(const std::vector<Field>& before,
                                        const std::vector<Field>& after) {
  std::vector<std::string> out;
  compare(before, after, "", out);
  return out;
}

}  // namespace sluice::delta
