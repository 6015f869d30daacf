#include "endpoint/iceberg/part_term.h"

#include <fmt/format.h>

#include "base/text.h"
#include "endpoint/iceberg/types.h"
#include "model/bucket_input.h"

namespace sluice::iceberg {
namespace {

std::string bucket_term(const std::string& name, const Column& source, std::int32_t count) {
  const BucketInput input = bucket_input(type_of(source.type));
  if (input == BucketInput::kNone) return "";
  if (input == BucketInput::kValue) return fmt::format("sluice_bucket({}, {})", count, name);
  return fmt::format("sluice_bucket({}, CAST({} AS VARCHAR))", count, name);
}

std::string truncate_term(const std::string& name, const Column& source, std::int32_t width) {
  switch (source.type.id) {
    case TypeId::kString:
      return fmt::format("left({}, {})", name, width);
    case TypeId::kInt:
    case TypeId::kLong:
      return fmt::format("CAST({0} AS HUGEINT) - ((({0} % {1}) + {1}) % {1})", name, width);
    default:
      return "";
  }
}

}  // namespace

std::string partition_term(const Transform& transform, const Column& source) {
  const std::string name = quote_identifier(source.name);
  switch (transform.kind) {
    case TransformKind::kIdentity:
      return source.type.id == TypeId::kBinary || source.type.id == TypeId::kFixed
                 ? fmt::format("hex({})", name)
                 : name;
    case TransformKind::kBucket:
      return bucket_term(name, source, transform.width);
    case TransformKind::kTruncate:
      return truncate_term(name, source, transform.width);
    case TransformKind::kYear:
      return fmt::format("year({})", name);
    case TransformKind::kMonth:
      return fmt::format("date_trunc('month', {})", name);
    case TransformKind::kDay:
      return fmt::format("CAST({} AS DATE)", name);
    case TransformKind::kHour:
      return fmt::format("date_trunc('hour', {})", name);
    case TransformKind::kVoid:
      return "NULL";
    default:
      return "";
  }
}

}  // namespace sluice::iceberg
