// inspect, types.

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "operations/open_endpoint.h"
#include "operations/session.h"
#include "plan/select_tables.h"

namespace sluice {
namespace {

// One example of every logical type, for the type tables.
std::vector<Type> sample_types() {
  std::vector<Type> types;
  for (int kind = 0; kind < static_cast<int>(TypeKind::kOther); ++kind) {
    Type type = simple_type(static_cast<TypeKind>(kind));
    const Type int32 = simple_type(TypeKind::kInt32);
    switch (type.kind) {
      case TypeKind::kDecimal:
        type = decimal_type(18, 4);
        break;
      case TypeKind::kEnum:
        type.labels = {"a", "b"};
        break;
      case TypeKind::kArray:
        type.array_size = 3;
        type.children = {int32};
        break;
      case TypeKind::kList:
        type.children = {int32};
        break;
      case TypeKind::kStruct:
      case TypeKind::kUnion:
        type.labels = {"a", "b"};
        type.children = {int32, simple_type(TypeKind::kText)};
        break;
      case TypeKind::kMap:
        type.children = {simple_type(TypeKind::kText), int32};
        break;
      default:
        break;
    }
    types.push_back(type);
    if (type.kind == TypeKind::kNumeric) {
      type.precision = 50;
      type.scale = 2;
      types.push_back(type);
    }
    if (type.kind == TypeKind::kText) {
      type.length_max = 40;
      types.push_back(type);
    }
  }
  return types;
}

// Why it is not exact, and which values a plan looks for, because the type does not hold them.
std::string reason_of(const TypeRule& rule) {
  std::vector<std::string> checks;
  for (const ValueCheck& check : rule.checks) checks.push_back(check.message);
  std::vector<std::string> parts;
  if (!rule.reason.empty()) parts.push_back(rule.reason);
  if (!checks.empty()) parts.push_back("each value is looked at: " + join(checks, ", "));
  return join(parts, "; ");
}

}  // namespace

Result<Inventory> Sluice::inspect(const std::string& location, const Selection& selection) {
  TRY_ASSIGN(const Place place, impl_->place(location));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  TRY_ASSIGN(const auto endpoint, open_endpoint(place.location, *engine, false));
  TRY_ASSIGN(const auto session, endpoint->read());
  TRY_ASSIGN(Inventory inventory, session->inspect());
  if (!selection.tables.empty() || !selection.excludes.empty()) {
    TRY_ASSIGN(std::vector<Table> chosen,
               select_tables(inventory, selection.tables, selection.excludes,
                             endpoint->capabilities().folds_case));
    keep_findings_of(chosen, inventory);
    inventory.tables = std::move(chosen);
  }
  for (Table& table : inventory.tables) {
    if (!table.is_view) TRY(session->survey(table));
    TRY(session->count_where_unknown(table));
    for (const Column& column : table.columns) {
      for (const Hazard& hazard : column.hazards) {
        inventory.findings.push_back(
            {hazard.kind, table.name.display() + "." + column.name, hazard.message});
      }
    }
  }
  return inventory;
}

namespace {

// Types that a system's users make, which sluice reads but makes nowhere.
bool hands_out(const std::string& endpoint, TypeKind kind) {
  return endpoint == "postgres" && (kind == TypeKind::kStruct || kind == TypeKind::kGeometry);
}

}  // namespace

Result<std::vector<TypeRow>> Sluice::types(const std::string& source, const std::string& target) {
  static constexpr std::array kNames = {"duckdb",  "sqlite",   "postgres", "mysql",
                                        "parquet", "ducklake", "delta",    "iceberg"};
  for (const std::string& name : {source, target}) {
    if (name.empty() || std::find(kNames.begin(), kNames.end(), name) != kNames.end()) continue;
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("\"{}\" is no endpoint", name))
            .about(name)
            .advise(
                "the endpoints are duckdb, sqlite, postgres, mysql, parquet, ducklake, delta and "
                "iceberg"));
  }
  std::vector<TypeRow> rows;
  for (const Type& type : sample_types()) {
    Type travelling = type;
    if (!source.empty()) {
      // What the source itself holds exactly is what can come out of it.
      TRY_ASSIGN(const TypeRule held, rule_of(source, type));
      const bool holds = held.mapping == Mapping::kExact || held.mapping == Mapping::kWidened;
      if (!holds && !hands_out(source, type.kind)) continue;
      if (holds) travelling = held.carried;
    }
    const std::vector<std::string> targets =
        target.empty() ? std::vector<std::string>(kNames.begin(), kNames.end())
                       : std::vector<std::string>{target};
    for (const std::string& name : targets) {
      TRY_ASSIGN(const TypeRule rule, rule_of(name, travelling));
      rows.push_back({to_string(type),
                      target.empty() ? name + ": " + rule.native_type : rule.native_type,
                      std::string(to_string(rule.mapping)), reason_of(rule)});
    }
  }
  return rows;
}

}  // namespace sluice
