#include "endpoint/ducklake/ducklake_endpoint.h"
#include "format/ducklake/type_names.h"
#include "format/parquet/type_rules.h"

namespace sluice {

// The catalog keeps a column's type whatever its files have: seconds and milliseconds are written
// as microseconds and read as what they were.
TypeRule ducklake_rule(const Type& type) {
  const bool is_coarse = type.kind == TypeKind::kTimestampS || type.kind == TypeKind::kTimestampMs;
  TypeRule rule = is_coarse ? exact_rule(type) : parquet_rule(type, ParquetReaders::kEngine);
  if (rule.mapping == Mapping::kUnsupported) return rule;
  const auto name = ducklake::name_of_type(rule.carried);
  if (!name) return refused_rule(type, name.error().message);
  rule.native_type = *name;
  return rule;
}

}  // namespace sluice
