// Transforms of partition specs and sort orders ("Partition Transforms", appendix B).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "format/iceberg/value.h"

namespace sluice::iceberg {

enum class TransformKind : std::uint8_t {
  kIdentity,
  kBucket,
  kTruncate,
  kYear,
  kMonth,
  kDay,
  kHour,
  kVoid,
  kUnknown,  // kept by its text; what it makes cannot be used
};

struct Transform {
  TransformKind kind = TransformKind::kIdentity;
  std::int32_t width = 0;  // buckets, or what is truncated to
  std::string text;        // of kUnknown

  bool operator==(const Transform&) const = default;
};

Transform parse_transform(std::string_view text);
std::string to_string(const Transform& transform);

// Errors: kInvalid where the type cannot be transformed so, kUnsupported for kUnknown.
Result<ColumnType> result_type(const Transform& transform, const ColumnType& source);

// Requires: is_of(value, source). Errors: as result_type.
Result<Value> apply(const Transform& transform, const ColumnType& source, const Value& value);

// The hash of appendix B. Requires: a type that can be hashed, not null.
std::int32_t hash(const ColumnType& type, const Value& value);

}  // namespace sluice::iceberg
