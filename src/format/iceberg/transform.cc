#include "format/iceberg/transform.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/murmur3.h"
#include "model/temporal_text.h"

namespace sluice::iceberg {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"identity", "bucket", "truncate", "year",
                                                    "month",    "day",    "hour",     "void"};
constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int64_t kSecondsPerHour = 3600;

bool has_width(TransformKind kind) {
  return kind == TransformKind::kBucket || kind == TransformKind::kTruncate;
}

bool is_timestamp(TypeId id) { return id >= TypeId::kTimestamp && id <= TypeId::kTimestampTzNs; }
bool is_nanos(TypeId id) { return id == TypeId::kTimestampNs || id == TypeId::kTimestampTzNs; }

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Time before 1970 is negative and is cut downward, as all of these are.
std::int64_t per_second(TypeId id) { return is_nanos(id) ? 1'000'000'000 : 1'000'000; }

std::int64_t days_of(const ColumnType& source, std::int64_t value) {
  if (source.id == TypeId::kDate) return value;
  return floor_divide(value, per_second(source.id) * kSecondsPerDay);
}

std::int64_t hash_long_bytes(std::int64_t value) {
  std::array<char, sizeof value> bytes{};
  std::memcpy(bytes.data(), &value, sizeof value);
  return std::bit_cast<std::int32_t>(murmur3_32({bytes.data(), bytes.size()}));
}

bool can_hash(TypeId id) {
  switch (id) {
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kDecimal:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kString:
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return true;
    default:
      return is_timestamp(id);
  }
}

bool can_transform(TransformKind kind, TypeId id) {
  switch (kind) {
    case TransformKind::kIdentity:
      return id < TypeId::kVariant;
    case TransformKind::kBucket:
      return can_hash(id);
    case TransformKind::kTruncate:
      return id == TypeId::kInt || id == TypeId::kLong || id == TypeId::kDecimal ||
             id == TypeId::kString || id == TypeId::kBinary;
    case TransformKind::kYear:
    case TransformKind::kMonth:
    case TransformKind::kDay:
      return id == TypeId::kDate || is_timestamp(id);
    case TransformKind::kHour:
      return is_timestamp(id);
    default:
      return true;
  }
}

// v - (((v % W) + W) % W), wrapping as the other implementations do at the ends of the type.
template <typename T>
T truncated(T value, T width) {
  const T rest = ((value % width) + width) % width;
  T out = 0;
  return __builtin_sub_overflow(value, rest, &out) ? out : out;
}

std::string cut(const ColumnType& source, const std::string& text, std::size_t width) {
  if (source.id != TypeId::kString) return text.substr(0, width);
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool is_start = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (is_start && width-- == 0) break;
  }
  return text.substr(0, at);
}

Value truncate(const ColumnType& source, const Value& value, std::int32_t width) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return cut(source, *text, static_cast<std::size_t>(width));
  }
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    return Decimal{truncated<__int128>(decimal->unscaled, width)};
  }
  const std::int64_t number = std::get<std::int64_t>(value);
  const std::int64_t out = truncated<std::int64_t>(number, width);
  if (source.id == TypeId::kInt) return std::int64_t{static_cast<std::int32_t>(out)};
  return out;
}

Value time_part(const Transform& transform, const ColumnType& source, std::int64_t value) {
  constexpr std::int64_t kEpochYear = 1970;
  constexpr std::int64_t kMonths = 12;
  if (transform.kind == TransformKind::kHour) {
    return floor_divide(value, per_second(source.id) * kSecondsPerHour);
  }
  const std::int64_t days = days_of(source, value);
  if (transform.kind == TransformKind::kDay) return days;
  const CivilDate date = civil_from_days(days);
  if (transform.kind == TransformKind::kYear) return date.year - kEpochYear;
  return (date.year - kEpochYear) * kMonths + static_cast<std::int64_t>(date.month) - 1;
}

}  // namespace

Transform parse_transform(std::string_view text) {
  Transform out;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const auto kind = static_cast<TransformKind>(i);
    out.kind = kind;
    if (!has_width(kind) && text == kNames[i]) return out;
    if (!has_width(kind) || !text.starts_with(kNames[i]) || !text.ends_with(']')) continue;
    std::string_view inside = text.substr(kNames[i].size());
    if (!inside.starts_with('[')) continue;
    inside = inside.substr(1, inside.size() - 2);
    const char* last = inside.data() + inside.size();
    const auto [end, error] = std::from_chars(inside.data(), last, out.width);
    if (error == std::errc() && end == last && out.width > 0) return out;
  }
  return {TransformKind::kUnknown, 0, std::string(text)};
}

std::string to_string(const Transform& transform) {
  if (transform.kind == TransformKind::kUnknown) return transform.text;
  const std::string_view name = kNames[static_cast<std::size_t>(transform.kind)];
  if (!has_width(transform.kind)) return std::string(name);
  return fmt::format("{}[{}]", name, transform.width);
}

Result<ColumnType> result_type(const Transform& transform, const ColumnType& source) {
  if (transform.kind == TransformKind::kUnknown) {
    return fail(
        ErrorKind::kUnsupported,
        fmt::format("Iceberg transform \"{}\" is not known to this release", transform.text));
  }
  if (!can_transform(transform.kind, source.id)) {
    return fail(ErrorKind::kInvalid, fmt::format("Iceberg transform {} does not take type {}",
                                                 to_string(transform), to_string(source)));
  }
  ColumnType out;
  switch (transform.kind) {
    case TransformKind::kIdentity:
    case TransformKind::kTruncate:
    case TransformKind::kVoid:
      return source;
    case TransformKind::kDay:
      out.id = TypeId::kDate;
      return out;
    default:
      out.id = TypeId::kInt;
      return out;
  }
}

std::int32_t hash(const ColumnType& type, const Value& value) {
  constexpr std::int64_t kNanosPerMicro = 1000;
  if (const auto* text = std::get_if<std::string>(&value)) {
    return std::bit_cast<std::int32_t>(murmur3_32(*text));
  }
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    return std::bit_cast<std::int32_t>(murmur3_32(minimal_bytes(decimal->unscaled)));
  }
  std::int64_t number = std::get<std::int64_t>(value);
  if (is_nanos(type.id)) number = floor_divide(number, kNanosPerMicro);
  return static_cast<std::int32_t>(hash_long_bytes(number));
}

Result<Value> apply(const Transform& transform, const ColumnType& source, const Value& value) {
  TRY_ASSIGN(const ColumnType made, result_type(transform, source));
  if (is_null(value) || transform.kind == TransformKind::kVoid) return Value();
  switch (transform.kind) {
    case TransformKind::kIdentity:
      return value;
    case TransformKind::kBucket:
      return Value(std::int64_t{(hash(source, value) & INT32_MAX) % transform.width});
    case TransformKind::kTruncate:
      return truncate(source, value, transform.width);
    default:
      return time_part(transform, source, std::get<std::int64_t>(value));
  }
}

}  // namespace sluice::iceberg
