// sluice's logical types: the one waist between endpoints. Every endpoint maps its own types to and
// from these in one table (endpoint/*/types.cc).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice {

enum class TypeKind : std::uint8_t {
  kBoolean,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kInt128,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kUInt128,
  kFloat32,
  kFloat64,
  kDecimal,  // precision 1..38, scale 0..precision
  kNumeric,  // decimal of any size, NaN and infinities included; carried as its text
  kBigInt,   // integer of any size (DuckDB BIGNUM); carried by the engine as BIGNUM
  kText,     // UTF-8; length_max and fixed_length (blank padded) may be set
  kBlob,
  kDate,         // days since 1970-01-01, +-infinity
  kTime,         // microseconds since midnight, 24:00 included
  kTimeNs,       // nanoseconds since midnight
  kTimeTz,       // time with an offset
  kTimestampS,   // seconds, no zone
  kTimestampMs,  // milliseconds, no zone
  kTimestamp,    // microseconds, no zone, +-infinity
  kTimestampNs,  // nanoseconds, no zone
  kTimestampTz,  // microseconds UTC, an instant, +-infinity
  kInterval,     // months, days, microseconds: three fields
  kUuid,
  kBit,
  kJson,      // text that holds JSON, kept as it was written
  kEnum,      // text out of `labels`
  kList,      // children[0]: the element
  kArray,     // children[0], array_size: always that many elements
  kStruct,    // children, each with a name
  kMap,       // children[0] key, children[1] value
  kUnion,     // children, each with a name
  kGeometry,  // WKB
  kOther,     // not known to sluice; native_name says what it is
};

struct Type {
  TypeKind kind = TypeKind::kOther;
  int precision = 0;   // kDecimal, kNumeric (0: unbounded)
  int scale = 0;       // kDecimal, kNumeric
  int length_max = 0;  // kText, in characters; 0: unbounded
  bool fixed_length = false;
  std::uint64_t array_size = 0;
  std::vector<Type> children;
  std::vector<std::string> labels;  // kEnum labels; names of kStruct and kUnion children
  std::string native_name;          // as the system that it came from spells it

  bool operator==(const Type& other) const;  // native_name does not count
};

Type simple_type(TypeKind kind);
Type decimal_type(int precision, int scale);
Type list_type(Type element);

// Sluice's spelling, as `sluice types` and plans print it: "decimal(10,2)", "list<int32>", ...
std::string to_string(const Type& type);
std::string_view to_string(TypeKind kind);
// The reverse of to_string. Errors: kInvalid.
Result<Type> parse_type(std::string_view text);

// The spelling for the embedded engine: "DECIMAL(10,2)", "INTEGER[]". kNumeric and kJson are
// carried as VARCHAR. Errors: kUnsupported for kOther.
Result<std::string> engine_type_sql(const Type& type);

bool is_integer(TypeKind kind);  // the ten fixed-size integers
bool is_nested(TypeKind kind);   // list, array, struct, map, union
// False for a type that sluice does not know, or that has one inside: its reader gives it as text.
bool is_known(const Type& type);

}  // namespace sluice
