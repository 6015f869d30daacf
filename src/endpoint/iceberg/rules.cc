#include <fmt/format.h>

#include <array>

#include "endpoint/iceberg/iceberg_endpoint.h"
#include "endpoint/iceberg/types.h"
#include "format/parquet/format_rule.h"

namespace sluice {
namespace {

// Types that have another one here which holds each of their values.
const std::vector<TypeChange>& changes() {
  constexpr const char* kInt = "Iceberg's integers have 32 or 64 bits and a sign";
  constexpr const char* kText = "Iceberg has no such type, the value is kept as text";
  static const std::vector<TypeChange> kChanges = {
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

constexpr std::array kRefused = {TypeKind::kTimeTz, TypeKind::kInterval, TypeKind::kGeometry,
                                 TypeKind::kBit,    TypeKind::kBigInt,   TypeKind::kUnion};

const FormatTypes& format_types() {
  constexpr const char* kMicros = "timestamps of version 2 have microseconds";
  static const FormatTypes kTypes = {"Iceberg", changes(), kRefused,
                                     nanosecond_rule(kMicros, kMicros)};
  return kTypes;
}

}  // namespace

TypeRule iceberg_rule(const Type& type) {
  TypeRule rule = format_rule(type, format_types());
  if (rule.mapping == Mapping::kUnsupported) return rule;
  const auto column = iceberg::column_type_of(rule.carried);
  if (!column) return refused_rule(type, column.error().message);
  rule.native_type = iceberg::type_name(*column);
  return rule;
}

}  // namespace sluice
