#include "endpoint/iceberg/value_text.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "model/temporal_text.h"

namespace sluice::iceberg {
namespace {

constexpr std::int64_t kNanosPerMicro = 1000;
constexpr std::size_t kDigitsMax = 38;

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

template <typename T>
std::optional<Value> as_value(const std::optional<T>& found) {
  if (!found) return std::nullopt;
  return Value(*found);
}

std::optional<Value> whole(const std::optional<std::int64_t>& found) { return as_value(found); }

std::optional<Value> decimal(std::string_view text, int scale) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  std::string digits(text.substr(0, point));
  if (fraction.size() > static_cast<std::size_t>(scale)) return std::nullopt;
  digits += fraction;
  digits.append(static_cast<std::size_t>(scale) - fraction.size(), '0');
  if (digits.empty() || digits.size() > kDigitsMax) return std::nullopt;
  __int128 unscaled = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    unscaled = unscaled * 10 + (digit - '0');
  }
  return Value(Decimal{is_negative ? -unscaled : unscaled});
}

std::optional<Value> bytes_of_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned char byte = 0;
    const char* const last = text.data() + i + 2;
    const auto [end, error] = std::from_chars(text.data() + i, last, byte, 16);
    if (error != std::errc() || end != last) return std::nullopt;
    out += static_cast<char>(byte);
  }
  return Value(std::move(out));
}

std::optional<Value> boolean(const std::string& text) {
  if (text == "1" || text == "true") return Value(true);
  if (text == "0" || text == "false") return Value(false);
  return std::nullopt;
}

std::optional<Value> time_of_day(const std::string& text) {
  const auto nanos = parse_time_nanos(text);
  if (!nanos) return std::nullopt;
  return Value(*nanos / kNanosPerMicro);
}

std::optional<Value> date(const std::string& text) {
  const auto days = parse_date(text);
  if (!days) return std::nullopt;
  return Value(std::int64_t{*days});
}

}  // namespace

std::optional<Value> value_of_text(const ColumnType& type, const std::string& text) {
  switch (type.id) {
    case TypeId::kBoolean:
      return boolean(text);
    case TypeId::kInt:
    case TypeId::kLong:
      return whole(number<std::int64_t>(text));
    case TypeId::kFloat:
      return as_value(number<float>(text));
    case TypeId::kDouble:
      return as_value(number<double>(text));
    case TypeId::kDecimal:
      return decimal(text, type.scale);
    case TypeId::kDate:
      return date(text);
    case TypeId::kTime:
      return time_of_day(text);
    case TypeId::kTimestamp:
      return whole(parse_timestamp_micros(text));
    case TypeId::kTimestampTz:
      return whole(parse_timestamptz_micros(text));
    case TypeId::kString:
      return Value(text);
    case TypeId::kUuid:
      return bytes_of_hex(replace_all(text, "-", ""));
    case TypeId::kFixed:
    case TypeId::kBinary:
      return bytes_of_hex(text);
    default:
      return std::nullopt;
  }
}

}  // namespace sluice::iceberg
