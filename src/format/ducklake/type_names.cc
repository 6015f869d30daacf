#include "format/ducklake/type_names.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/text.h"

namespace sluice::ducklake {
namespace {

struct Name {
  std::string_view name;
  TypeKind kind;
};

// Where a kind has several names, the first is written.
constexpr std::array kNames = {
    Name{"boolean", TypeKind::kBoolean},
    Name{"int8", TypeKind::kInt8},
    Name{"int16", TypeKind::kInt16},
    Name{"int32", TypeKind::kInt32},
    Name{"int64", TypeKind::kInt64},
    Name{"int128", TypeKind::kInt128},
    Name{"uint8", TypeKind::kUInt8},
    Name{"uint16", TypeKind::kUInt16},
    Name{"uint32", TypeKind::kUInt32},
    Name{"uint64", TypeKind::kUInt64},
    Name{"uint128", TypeKind::kUInt128},
    Name{"float32", TypeKind::kFloat32},
    Name{"float64", TypeKind::kFloat64},
    Name{"date", TypeKind::kDate},
    Name{"time", TypeKind::kTime},
    Name{"time_ns", TypeKind::kTimeNs},
    Name{"timetz", TypeKind::kTimeTz},
    Name{"timestamp", TypeKind::kTimestamp},
    Name{"timestamp_us", TypeKind::kTimestamp},
    Name{"timestamp_ms", TypeKind::kTimestampMs},
    Name{"timestamp_ns", TypeKind::kTimestampNs},
    Name{"timestamp_s", TypeKind::kTimestampS},
    Name{"timestamptz", TypeKind::kTimestampTz},
    Name{"interval", TypeKind::kInterval},
    Name{"varchar", TypeKind::kText},
    Name{"json", TypeKind::kJson},
    Name{"blob", TypeKind::kBlob},
    Name{"uuid", TypeKind::kUuid},
    Name{"geometry", TypeKind::kGeometry},
    Name{"list", TypeKind::kList},
    Name{"struct", TypeKind::kStruct},
    Name{"map", TypeKind::kMap},
};

// "decimal(10,2)"; false for anything else.
bool parse_decimal(std::string_view name, Type& type) {
  static constexpr std::string_view kStart = "decimal(";
  static constexpr int kPrecisionMax = 38;
  if (!name.starts_with(kStart) || !name.ends_with(')')) return false;
  const char* const end = name.data() + name.size() - 1;
  int precision = 0;
  const auto first = std::from_chars(name.data() + kStart.size(), end, precision);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ',') return false;
  const char* at = first.ptr + 1;
  while (at != end && *at == ' ') ++at;
  int scale = 0;
  const auto second = std::from_chars(at, end, scale);
  if (second.ec != std::errc() || second.ptr != end) return false;
  if (precision < 1 || precision > kPrecisionMax || scale < 0 || scale > precision) return false;
  type = decimal_type(precision, scale);
  return true;
}

}  // namespace

Result<Type> type_from_name(std::string_view name) {
  const std::string lower = to_lower(std::string(name));
  Type type;
  if (parse_decimal(lower, type)) return type;
  for (const Name& known : kNames) {
    if (known.name == lower) return simple_type(known.kind);
  }
  return fail(ErrorKind::kUnsupported,
              fmt::format("\"{}\" is no type of DuckLake that sluice knows", name));
}

Result<std::string> name_of_type(const Type& type) {
  if (type.kind == TypeKind::kDecimal) {
    return fmt::format("decimal({},{})", type.precision, type.scale);
  }
  for (const Name& known : kNames) {
    if (known.kind == type.kind) return std::string(known.name);
  }
  return fail(ErrorKind::kUnsupported, "DuckLake has no type for " + to_string(type));
}

}  // namespace sluice::ducklake
