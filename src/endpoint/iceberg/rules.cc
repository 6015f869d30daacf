#include <fmt/format.h>

#include <array>

#include "endpoint/iceberg/iceberg_endpoint.h"
#include "endpoint/iceberg/types.h"
#include "format/parquet/type_rules.h"

namespace sluice {
namespace {

struct Change {
  TypeKind kind;
  Type carried;
  const char* reason;
};

// Types that have another one here which holds each of their values.
const std::vector<Change>& changes() {
  constexpr const char* kInt = "Iceberg's integers have 32 or 64 bits and a sign";
  constexpr const char* kText = "Iceberg has no such type, the value is kept as text";
  static const std::vector<Change> kChanges = {
      {TypeKind::kInt8, simple_type(TypeKind::kInt32), kInt},
      {TypeKind::kInt16, simple_type(TypeKind::kInt32), kInt},
      {TypeKind::kUInt8, simple_type(TypeKind::kInt32), kInt},
      {TypeKind::kUInt16, simple_type(TypeKind::kInt32), kInt},
      {TypeKind::kUInt32, simple_type(TypeKind::kInt64), kInt},
      {TypeKind::kUInt64, decimal_type(20, 0), kInt},
      {TypeKind::kJson, simple_type(TypeKind::kText), kText},
  };
  return kChanges;
}

// The engine's text of these cannot be told from any other text: the user has to want it.
constexpr std::array kRefused = {TypeKind::kTimeTz, TypeKind::kInterval, TypeKind::kGeometry,
                                 TypeKind::kBit,    TypeKind::kBigInt,   TypeKind::kUnion};

Remedy cut_to_micros(const std::string& sql, const Type& carried) {
  return {LossReason::kTruncateSubMicro, sql, carried};
}

TypeRule nanosecond_rule() {
  const Type carried = simple_type(TypeKind::kTimestamp);
  TypeRule rule = widened_rule(carried, "timestamps of version 2 have microseconds");
  rule.checks = {{"sub_micro",
                  "timestamps of version 2 have microseconds",
                  "(isfinite({0}) AND epoch_ns({0}) % 1000 <> 0)",
                  {cut_to_micros("CAST(left(CAST({0} AS VARCHAR), 26) AS TIMESTAMP)", carried),
                   text_remedy()}},
                 date_infinity_check("other readers take infinity for a date far away")};
  return rule;
}

TypeRule rule_of_kind(const Type& type);

TypeRule nested_rule(const Type& type) {
  TypeRule rule = parquet_rule(type);
  if (rule.mapping == Mapping::kUnsupported) return rule;
  for (std::size_t i = 0; i < rule.carried.children.size(); ++i) {
    const TypeRule inner = rule_of_kind(type.children.at(i));
    if (inner.mapping == Mapping::kUnsupported) {
      return refused_rule(type,
                          fmt::format("{} in it: {}", to_string(type.children[i]), inner.reason));
    }
    if (inner.mapping != Mapping::kExact) {
      rule.mapping = Mapping::kWidened;
      rule.reason = inner.reason;
    }
    rule.carried.children[i] = inner.carried;
  }
  return rule;
}

TypeRule rule_of_kind(const Type& type) {
  for (const TypeKind kind : kRefused) {
    if (kind == type.kind) return refused_rule(type, "Iceberg has no such type");
  }
  for (const Change& change : changes()) {
    if (change.kind == type.kind) return widened_rule(change.carried, change.reason);
  }
  if (type.kind == TypeKind::kTimestampNs) return nanosecond_rule();
  return is_nested(type.kind) ? nested_rule(type) : parquet_rule(type);
}

}  // namespace

TypeRule iceberg_rule(const Type& type) {
  TypeRule rule = rule_of_kind(type);
  if (rule.mapping == Mapping::kUnsupported) return rule;
  const auto column = iceberg::column_type_of(rule.carried);
  if (!column) return refused_rule(type, column.error().message);
  rule.native_type = iceberg::type_name(*column);
  return rule;
}

}  // namespace sluice
