// What a bucket of a partition is counted from.
#pragma once

#include "model/type.h"

namespace sluice {

enum class BucketInput {
  kNone,   // the type has no buckets
  kValue,  // 8 bytes of a number, or the bytes of a text
  kText,   // how the value is written
};

// DuckLake's specification says murmur3 of the value; what that is of each type was seen of
// DuckDB's extension 1.5.5, which hashes all as text that fits in no 8 bytes of a signed number.
BucketInput bucket_input(const Type& type);

}  // namespace sluice
