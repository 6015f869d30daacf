#include "plan/own_types.h"

#include <fmt/format.h>

namespace sluice {
namespace {

bool target_declares(const PlanInput& input, const OwnType& own) {
  if (own.name.empty()) return false;
  if (own.definition.empty()) return true;
  const auto& types = input.target_inventory.own_types;
  const auto at = types.find(own.base);
  return at != types.end() && at->second == own.definition;
}

}  // namespace

bool same_system(const PlanInput& input) {
  return input.source_capabilities.name == input.target_capabilities.name;
}

bool keeps_own_type(const PlanInput& input, const TablePlan& table, const Column& column) {
  if (!column.own_type || !table.map_sql.empty() || !same_system(input)) return false;
  if (!column.own_type->says_more && column.hazards.empty()) return false;
  return target_declares(input, *column.own_type);
}

TypeRule own_type_rule(const PlanInput& input, Column& column) {
  // Values that their type cannot carry are carried by their text.
  Type carrier = column.hazards.empty() ? column.own_type->carrier : simple_type(TypeKind::kText);
  TypeRule rule = input.rule(carrier);
  carrier.native_name = column.type.native_name;
  column.type = std::move(carrier);
  column.hazards.clear();
  rule.mapping = Mapping::kExact;
  rule.reason.clear();
  rule.checks.clear();
  rule.remedies.clear();
  return rule;
}

void read_foreign_as_text(const PlanInput& input, Column& column) {
  const Mapping mapping = input.rule(column.type).mapping;
  const bool held = mapping == Mapping::kExact || mapping == Mapping::kWidened;
  if ((held && column.hazards.empty()) || !is_nested(column.type.kind)) return;
  column.hazards.clear();
  std::string name = std::move(column.type.native_name);
  column.type = simple_type(TypeKind::kText);
  column.type.native_name = std::move(name);
}

std::string not_kept_reason(const PlanInput& input, const Column& column) {
  if (!column.own_type) return "";
  const OwnType& own = *column.own_type;
  if (!same_system(input)) return own.reason;
  if (own.name.empty()) return "values of " + own.base + " name objects of their own database";
  return fmt::format("the target has no type {} that is the same", own.base);
}

Finding not_kept_finding(const TablePlan& table, const Column& column) {
  const OwnType& own = *column.own_type;
  const std::string object = table.source.name.display() + "." + column.name;
  if (own.name.empty()) {
    return {"type_not_carried", object,
            fmt::format("{} names objects of its own database: their names are carried as text",
                        column.type.native_name)};
  }
  constexpr std::string_view kExtension = "extension ";
  const bool extension = own.definition.starts_with(kExtension);
  const std::string advice =
      extension ? "CREATE EXTENSION " + own.definition.substr(kExtension.size()) : "make it";
  return {"type_not_carried", object,
          fmt::format("the target has no type {} that is the same{}: {} there first, or the column "
                      "becomes another type",
                      own.base, extension ? "" : " (" + own.definition + ")", advice)};
}

}  // namespace sluice
