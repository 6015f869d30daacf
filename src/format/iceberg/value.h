// Single values: of partitions, of bounds, of defaults (Iceberg specification, appendix D).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "format/iceberg/schema.h"

namespace sluice::iceberg {

struct Decimal {
  __int128 unscaled = 0;
  bool operator==(const Decimal&) const = default;
};

// Null; boolean; int, long, date (days), time, timestamps (in their unit); float; double; decimal;
// string, uuid (16 bytes, big-endian), fixed, binary, geometry and the like (bytes).
using Value = std::variant<std::monostate, bool, std::int64_t, float, double, Decimal, std::string>;

inline bool is_null(const Value& value) { return value.index() == 0; }

// Whether the value is of the alternative that the type has. Null is of every type.
bool is_of(const Value& value, const ColumnType& type);

// Two's complement, big-endian, in as few bytes as it takes.
std::string minimal_bytes(__int128 value);
// The reverse. Requires: 1 to 16 bytes.
__int128 from_big_endian(std::string_view bytes);

// "Binary single-value serialization". Requires: is_of(), not null.
std::string to_bytes(const ColumnType& type, const Value& value);
// The bytes may be of the type that this one was promoted from: an int of a long, a float of a
// double, a decimal of fewer digits. Errors: kCorrupt.
Result<Value> from_bytes(const ColumnType& type, std::string_view bytes);

// Bounds of a column as manifests have them, nullopt where none may be written: of NaN, of nested
// types, and of a text whose first characters have nothing above them. Texts are cut to 16
// characters, bytes to 16 bytes. Of zeros the lower bound is -0.0 and the upper one +0.0, because
// who found them may hold the two to be equal.
std::optional<std::string> lower_bound(const ColumnType& type, const Value& value);
std::optional<std::string> upper_bound(const ColumnType& type, const Value& value);
inline constexpr std::size_t kBoundLength = 16;

// "JSON single-value serialization". Errors: kCorrupt; kUnsupported for nested types.
Result<Value> from_json(const ColumnType& type, const Json& json);
Json to_json(const ColumnType& type, const Value& value);

// -1, 0, 1; floats in the order of totalOrder. Requires: both of one type, not null.
int compare(const ColumnType& type, const Value& a, const Value& b);

}  // namespace sluice::iceberg
