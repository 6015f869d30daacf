#include <fmt/format.h>

#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "endpoint/delta/delta_endpoint.h"
#include "format/delta/schema.h"
#include "format/parquet/format_rule.h"

namespace sluice {
namespace {

// Types that have another one here which holds each of their values.
const std::vector<TypeChange>& changes() {
  constexpr const char* kSigned = "Delta's integers are signed";
  constexpr const char* kText = "Delta has no such type, the value is kept as text";
  static const std::vector<TypeChange> kChanges = {
      {TypeKind::kUInt8, simple_type(TypeKind::kInt16), kSigned},
      {TypeKind::kUInt16, simple_type(TypeKind::kInt32), kSigned},
      {TypeKind::kUInt32, simple_type(TypeKind::kInt64), kSigned},
      {TypeKind::kUInt64, decimal_type(20, 0), kSigned},
      {TypeKind::kUuid, simple_type(TypeKind::kText), kText},
      {TypeKind::kJson, simple_type(TypeKind::kText), kText},
  };
  return kChanges;
}

constexpr std::array kRefused = {TypeKind::kTime,     TypeKind::kTimeNs,   TypeKind::kTimeTz,
                                 TypeKind::kInterval, TypeKind::kGeometry, TypeKind::kBit,
                                 TypeKind::kBigInt,   TypeKind::kUnion};

const FormatTypes& format_types() {
  static const FormatTypes kTypes = {
      "Delta", changes(), kRefused,
      nanosecond_rule("timestamps have microseconds", "Delta's timestamps have microseconds")};
  return kTypes;
}

}  // namespace

TypeRule delta_rule(const Type& type) {
  TypeRule rule = format_rule(type, format_types());
  if (rule.mapping == Mapping::kUnsupported) return rule;
  const auto name = delta::name_of_type(rule.carried);
  if (!name) return refused_rule(type, name.error().message);
  rule.native_type = *name;
  return rule;
}

}  // namespace sluice
