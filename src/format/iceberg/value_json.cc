#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/text.h"
#include "format/iceberg/value.h"
#include "model/number_text.h"
#include "model/temporal_text.h"

namespace sluice::iceberg {
namespace {

constexpr std::int64_t kNanosPerMicro = 1000;
constexpr std::int64_t kMicros = 1'000'000;
constexpr std::int64_t kNanos = 1'000'000'000;

std::unexpected<Error> wrong(const ColumnType& type, const Json& json) {
  return fail(ErrorKind::kCorrupt, fmt::format("{} is no single value of Iceberg type {}",
                                               json_text(json).substr(0, 60), to_string(type)));
}

std::optional<std::string> unhex(std::string_view text) {
  std::string out;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    out += static_cast<char>(byte);
  }
  return out;
}

std::optional<Value> decimal(const ColumnType& type, const std::string& text) {
  NumberParts parts;
  const bool is_number = parse_number(text, parts) && parts.special == NumberParts::Special::kNone;
  if (!is_number || parts.scale > type.scale) return std::nullopt;
  const std::string digits =
      parts.digits + std::string(static_cast<std::size_t>(type.scale - parts.scale), '0');
  if (digits != "0" && digits.size() > 38 && parts.digits != "0") return std::nullopt;
  __int128 value = 0;
  if (parts.digits != "0") {
    for (const char c : digits) value = value * 10 + (c - '0');
  }
  return Decimal{parts.negative ? -value : value};
}

// Both spellings: with T between date and time, as the specification has it.
std::optional<std::int64_t> timestamp(const ColumnType& type, std::string text) {
  const bool has_zone = type.id == TypeId::kTimestampTz || type.id == TypeId::kTimestampTzNs;
  const bool is_nanos = type.id == TypeId::kTimestampNs || type.id == TypeId::kTimestampTzNs;
  std::int64_t nanos = 0;
  if (is_nanos) {
    const std::size_t point = text.find('.');
    const std::size_t end = point == std::string::npos
                                ? std::string::npos
                                : text.find_first_not_of("0123456789", point + 1);
    const std::size_t last = end == std::string::npos ? text.size() : end;
    if (point != std::string::npos && last > point + 7) {
      std::string below = text.substr(point + 7, last - point - 7);
      below.resize(3, '0');
      std::from_chars(below.data(), below.data() + below.size(), nanos);
      text.erase(point + 7, last - point - 7);
    }
  }
  if (const std::size_t t = text.find('T'); t != std::string::npos) text[t] = ' ';
  const auto micros = has_zone ? parse_timestamptz_micros(text) : parse_timestamp_micros(text);
  if (!micros || !is_nanos) return micros;
  std::int64_t out = 0;
  if (__builtin_mul_overflow(*micros, kNanosPerMicro, &out) ||
      __builtin_add_overflow(out, nanos, &out)) {
    return std::nullopt;
  }
  return out;
}

template <typename T>
std::optional<Value> optional_value(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return Value(static_cast<std::int64_t>(*value));
}

std::optional<Value> from_text(const ColumnType& type, const std::string& text) {
  switch (type.id) {
    case TypeId::kDecimal:
      return decimal(type, text);
    case TypeId::kDate:
      return optional_value(parse_date(text));
    case TypeId::kTime: {
      const auto nanos = parse_time_nanos(text);
      if (!nanos) return std::nullopt;
      return Value(*nanos / kNanosPerMicro);
    }
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      return optional_value(timestamp(type, text));
    case TypeId::kString:
      return Value(text);
    case TypeId::kUuid: {
      auto bytes = unhex(replace_all(text, "-", ""));
      if (!bytes || text.size() != 36) return std::nullopt;
      return Value(std::move(*bytes));
    }
    case TypeId::kFixed:
    case TypeId::kBinary: {
      auto bytes = unhex(text);
      if (!bytes) return std::nullopt;
      return Value(std::move(*bytes));
    }
    default:
      return std::nullopt;
  }
}

std::string iso(std::string text) {
  if (const std::size_t blank = text.find(' '); blank != std::string::npos) text[blank] = 'T';
  return text;
}

std::string uuid_text(const std::string& bytes) {
  const std::string digits = hex(bytes.data(), bytes.size());
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(12, 4), digits.substr(16, 4), digits.substr(20));
}

}  // namespace

Result<Value> from_json(const ColumnType& type, const Json& json) {
  if (json.is_null()) return Value();
  if (type.is_nested()) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("a default of Iceberg type {}", to_string(type)));
  }
  std::optional<Value> value;
  if (type.id == TypeId::kBoolean && json.is_boolean()) value = json.get<bool>();
  if ((type.id == TypeId::kInt || type.id == TypeId::kLong) && json.is_number_integer()) {
    value = json.get<std::int64_t>();
  }
  if (type.id == TypeId::kFloat && json.is_number()) value = json.get<float>();
  if (type.id == TypeId::kDouble && json.is_number()) value = json.get<double>();
  if (json.is_string()) value = from_text(type, json.get<std::string>());
  if (!value || !is_of(*value, type)) return wrong(type, json);
  return std::move(*value);
}

Json to_json(const ColumnType& type, const Value& value) {
  if (is_null(value)) return nullptr;
  const auto* number = std::get_if<std::int64_t>(&value);
  switch (type.id) {
    case TypeId::kBoolean:
      return std::get<bool>(value);
    case TypeId::kFloat:
      return std::get<float>(value);
    case TypeId::kDouble:
      return std::get<double>(value);
    case TypeId::kDecimal:
      return decimal_text(std::get<Decimal>(value).unscaled, type.scale);
    case TypeId::kDate:
      return date_text(static_cast<std::int32_t>(*number));
    case TypeId::kTime:
      return time_text(*number * kNanosPerMicro);
    case TypeId::kTimestamp:
      return iso(timestamp_text(*number, kMicros));
    case TypeId::kTimestampTz:
      return iso(timestamp_text(*number, kMicros)) + "+00:00";
    case TypeId::kTimestampNs:
      return iso(timestamp_text(*number, kNanos));
    case TypeId::kTimestampTzNs:
      return iso(timestamp_text(*number, kNanos)) + "+00:00";
    case TypeId::kUuid:
      return uuid_text(std::get<std::string>(value));
    case TypeId::kFixed:
    case TypeId::kBinary: {
      const auto& bytes = std::get<std::string>(value);
      return hex(bytes.data(), bytes.size());
    }
    default:
      if (number != nullptr) return *number;
      return std::get<std::string>(value);
  }
}

}  // namespace sluice::iceberg
