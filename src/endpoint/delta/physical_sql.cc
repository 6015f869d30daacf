#include "endpoint/delta/physical_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace sluice::delta {
namespace {

bool same_names(const Field& field) {
  return std::all_of(field.parts.begin(), field.parts.end(), [](const Field& part) {
    return part.name == part.physical_name && same_names(part);
  });
}

// Display names and physical ones, and which of them is wanted.
struct Names {
  std::string Field::*from;
  std::string Field::*to;
};

std::string renamed(const Field& field, const std::string& operand, Names names, int depth) {
  if (same_names(field)) return operand;
  const std::string parameter = fmt::format("x{}", depth);
  if (field.type.kind == TypeKind::kStruct) {
    std::vector<std::string> parts;
    for (const Field& part : field.parts) {
      const std::string inner =
          fmt::format("struct_extract({}, {})", operand, quote_literal(part.*names.from));
      parts.push_back(fmt::format("{} := {}", quote_identifier(part.*names.to),
                                  renamed(part, inner, names, depth)));
    }
    return fmt::format("CASE WHEN {} IS NULL THEN NULL ELSE struct_pack({}) END", operand,
                       join(parts, ", "));
  }
  if (field.type.kind == TypeKind::kList) {
    return fmt::format("list_transform({}, lambda {}: {})", operand, parameter,
                       renamed(field.parts[0], parameter, names, depth + 1));
  }
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({0}), "
      "lambda {1}: struct_pack(k := {2}, v := {3}))) END",
      operand, parameter, renamed(field.parts[0], parameter + ".key", names, depth + 1),
      renamed(field.parts[1], parameter + ".value", names, depth + 1));
}

}  // namespace

std::string physical_value(const Field& field, const std::string& operand) {
  return renamed(field, operand, {&Field::name, &Field::physical_name}, 0);
}

std::string display_value(const Field& field, const std::string& operand) {
  return renamed(field, operand, {&Field::physical_name, &Field::name}, 0);
}

std::string field_ids(const Field& field) {
  std::vector<std::string> parts;
  if (field.id) parts.push_back(fmt::format("'__duckdb_field_id': {}", *field.id));
  for (const Field& part : field.parts) {
    const std::string ids = field_ids(part);
    if (!ids.empty())
      parts.push_back(fmt::format("{}: {}", quote_literal(part.physical_name), ids));
  }
  if (parts.empty()) return "";
  if (field.parts.empty()) return std::to_string(*field.id);
  return "{" + join(parts, ", ") + "}";
}

}  // namespace sluice::delta
