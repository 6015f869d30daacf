#include "endpoint/iceberg/types.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace sluice::iceberg {
namespace {

Type nested(TypeKind kind, const ColumnType& type) {
  Type out = simple_type(kind);
  for (const Column& part : type.parts) {
    out.children.push_back(type_of(part.type));
    if (kind == TypeKind::kStruct) out.labels.push_back(part.name);
  }
  return out;
}

Type simple(const ColumnType& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      return simple_type(TypeKind::kBoolean);
    case TypeId::kInt:
      return simple_type(TypeKind::kInt32);
    case TypeId::kLong:
      return simple_type(TypeKind::kInt64);
    case TypeId::kFloat:
      return simple_type(TypeKind::kFloat32);
    case TypeId::kDouble:
      return simple_type(TypeKind::kFloat64);
    case TypeId::kDecimal:
      return decimal_type(type.precision, type.scale);
    case TypeId::kDate:
      return simple_type(TypeKind::kDate);
    case TypeId::kTime:
      return simple_type(TypeKind::kTime);
    case TypeId::kTimestamp:
      return simple_type(TypeKind::kTimestamp);
    case TypeId::kTimestampTz:
    case TypeId::kTimestampTzNs:
      return simple_type(TypeKind::kTimestampTz);
    case TypeId::kTimestampNs:
      return simple_type(TypeKind::kTimestampNs);
    case TypeId::kString:
      return simple_type(TypeKind::kText);
    case TypeId::kUuid:
      return simple_type(TypeKind::kUuid);
    case TypeId::kFixed:
    case TypeId::kBinary:
      return simple_type(TypeKind::kBlob);
    default:
      return simple_type(TypeKind::kOther);
  }
}

std::string blob_literal(const std::string& bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02X}", static_cast<unsigned char>(byte));
  return "from_hex('" + hex + "')";
}

std::string decimal_text(__int128 unscaled, int scale) {
  const bool is_negative = unscaled < 0;
  auto rest = static_cast<unsigned __int128>(unscaled);
  if (is_negative) rest = -rest;
  std::string digits;
  for (; rest > 0; rest /= 10) digits.insert(0, 1, static_cast<char>('0' + int(rest % 10)));
  const auto width = static_cast<std::size_t>(scale) + 1;
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), ".");
  return (is_negative ? "-" : "") + digits;
}

// Of a time, in the type's own unit.
std::string time_literal(const ColumnType& type, std::int64_t number) {
  switch (type.id) {
    case TypeId::kDate:
      return fmt::format("(DATE '1970-01-01' + CAST({} AS INTEGER))", number);
    case TypeId::kTime:
      return fmt::format("(TIME '00:00:00' + to_microseconds({}))", number);
    case TypeId::kTimestampTz:
      return fmt::format("make_timestamptz({})", number);
    case TypeId::kTimestampTzNs:
      return fmt::format("make_timestamptz({})", (number - ((number % 1000) + 1000) % 1000) / 1000);
    case TypeId::kTimestampNs:
      return fmt::format("make_timestamp_ns({})", number);
    default:
      return fmt::format("make_timestamp({})", number);
  }
}

std::string uuid_literal(const std::string& bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return quote_literal(hex);
}

std::string plain_literal(const ColumnType& type, const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    const bool is_time = type.id >= TypeId::kDate && type.id <= TypeId::kTimestampTzNs;
    return is_time ? time_literal(type, *number) : quote_literal(std::to_string(*number));
  }
  if (const auto* single = std::get_if<float>(&value)) {
    return quote_literal(fmt::format("{}", *single));
  }
  if (const auto* number = std::get_if<double>(&value)) {
    return quote_literal(fmt::format("{}", *number));
  }
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    return quote_literal(decimal_text(decimal->unscaled, type.scale));
  }
  const std::string& bytes = std::get<std::string>(value);
  if (type.id == TypeId::kString) {
    const bool has_nul = bytes.find('\0') != std::string::npos;
    return has_nul ? "decode(" + blob_literal(bytes) + ")" : quote_literal(bytes);
  }
  return type.id == TypeId::kUuid ? uuid_literal(bytes) : blob_literal(bytes);
}

}  // namespace

bool is_read(const ColumnType& type) {
  if (!type.is_nested()) return simple(type).kind != TypeKind::kOther;
  return std::all_of(type.parts.begin(), type.parts.end(),
                     [](const Column& part) { return is_read(part.type); });
}

bool has_nano_instants(const ColumnType& type) {
  return type.id == TypeId::kTimestampTzNs ||
         std::any_of(type.parts.begin(), type.parts.end(),
                     [](const Column& part) { return has_nano_instants(part.type); });
}

Type type_of(const ColumnType& type) {
  Type out;
  if (is_read(type)) {
    out = type.id == TypeId::kStruct ? nested(TypeKind::kStruct, type)
          : type.id == TypeId::kList ? nested(TypeKind::kList, type)
          : type.id == TypeId::kMap  ? nested(TypeKind::kMap, type)
                                     : simple(type);
  }
  out.native_name = type_name(type);
  return out;
}

Result<std::string> literal(const ColumnType& type, const Value& value) {
  TRY_ASSIGN(const std::string sql_type, engine_type_sql(type_of(type)));
  if (is_null(value)) return fmt::format("CAST(NULL AS {})", sql_type);
  return fmt::format("CAST({} AS {})", plain_literal(type, value), sql_type);
}

}  // namespace sluice::iceberg
