#include "format/iceberg/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/text.h"

namespace sluice::iceberg {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they are held");

template <typename T>
std::string raw(T value) {
  std::string out(sizeof value, '\0');
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

template <typename T>
T unraw(std::string_view bytes) {
  T value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

bool is_four_bytes(TypeId id) { return id == TypeId::kInt || id == TypeId::kDate; }

std::unexpected<Error> wrong_size(const ColumnType& type, std::string_view bytes) {
  return fail(ErrorKind::kCorrupt, fmt::format("a single value of Iceberg type {} has {} bytes",
                                               to_string(type), bytes.size()));
}

Result<Value> whole_number(const ColumnType& type, std::string_view bytes) {
  if (bytes.size() == sizeof(std::int32_t) &&
      (is_four_bytes(type.id) || type.id == TypeId::kLong)) {
    return Value(std::int64_t{unraw<std::int32_t>(bytes)});
  }
  if (bytes.size() == sizeof(std::int64_t) && !is_four_bytes(type.id)) {
    return Value(unraw<std::int64_t>(bytes));
  }
  return wrong_size(type, bytes);
}

Result<Value> floating(const ColumnType& type, std::string_view bytes) {
  if (bytes.size() == sizeof(float)) {
    const auto value = unraw<float>(bytes);
    if (type.id == TypeId::kFloat) return Value(value);
    return Value(static_cast<double>(value));
  }
  if (bytes.size() == sizeof(double) && type.id == TypeId::kDouble) {
    return Value(unraw<double>(bytes));
  }
  return wrong_size(type, bytes);
}

// Where the first `count` characters of UTF-8 end.
std::size_t end_of_characters(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool is_start = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (is_start && count-- == 0) break;
  }
  return at;
}

char32_t decode(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  char32_t out = character.size() == 1   ? first
                 : character.size() == 2 ? first & 0x1FU
                 : character.size() == 3 ? first & 0x0FU
                                         : first & 0x07U;
  for (const char c : character.substr(1)) out = out << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return out;
}

std::string encode(char32_t point) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80U | (point >> shift & 0x3FU)); };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0U | point >> 6), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0U | point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0U | point >> 18), tail(12), tail(6), tail(0)};
}

// The smallest text of no more characters that is above every text that begins with `prefix`.
std::optional<std::string> above_text(std::string prefix) {
  constexpr char32_t kLast = 0x10FFFF;
  while (!prefix.empty()) {
    std::size_t at = prefix.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(prefix[at]) & 0xC0) == 0x80) --at;
    const char32_t point = decode(std::string_view(prefix).substr(at));
    prefix.resize(at);
    if (point >= kLast) continue;
    // Surrogates are no characters.
    prefix += encode(point + 1 == 0xD800 ? 0xE000 : point + 1);
    return prefix;
  }
  return std::nullopt;
}

std::optional<std::string> above_bytes(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::optional<std::string> text_bound(const ColumnType& type, const std::string& text, bool upper) {
  const bool is_text = type.id == TypeId::kString;
  // A text that is none could be cut within a character.
  if (is_text && !is_valid_utf8(text)) return std::nullopt;
  const std::size_t end =
      is_text ? end_of_characters(text, kBoundLength) : std::min(text.size(), kBoundLength);
  if (end == text.size()) return text;
  if (!upper) return text.substr(0, end);
  return is_text ? above_text(text.substr(0, end)) : above_bytes(text.substr(0, end));
}

std::optional<std::string> bound(const ColumnType& type, const Value& value, bool upper) {
  if (is_null(value) || !is_of(value, type) || type.is_nested()) return std::nullopt;
  switch (type.id) {
    case TypeId::kUnknown:
    case TypeId::kVariant:
    case TypeId::kGeometry:
    case TypeId::kGeography:
      return std::nullopt;
    case TypeId::kFloat: {
      const float number = std::get<float>(value);
      if (std::isnan(number)) return std::nullopt;
      return raw(number == 0 ? (upper ? 0.0F : -0.0F) : number);
    }
    case TypeId::kDouble: {
      const double number = std::get<double>(value);
      if (std::isnan(number)) return std::nullopt;
      return raw(number == 0 ? (upper ? 0.0 : -0.0) : number);
    }
    case TypeId::kString:
    case TypeId::kBinary:
      return text_bound(type, std::get<std::string>(value), upper);
    default:
      return to_bytes(type, value);
  }
}

template <typename T>
int sign(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

template <typename Float, typename Bits>
int compare_floats(Float a, Float b) {
  const auto key = [](Float value) {
    const auto bits = std::bit_cast<Bits>(value);
    return bits < 0 ? static_cast<Bits>(~bits ^ std::numeric_limits<Bits>::min()) : bits;
  };
  return sign(key(a), key(b));
}

}  // namespace

bool is_of(const Value& value, const ColumnType& type) {
  if (is_null(value)) return true;
  switch (type.id) {
    case TypeId::kBoolean:
      return std::holds_alternative<bool>(value);
    case TypeId::kInt:
    case TypeId::kDate: {
      const auto* number = std::get_if<std::int64_t>(&value);
      return number != nullptr && *number == static_cast<std::int32_t>(*number);
    }
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      return std::holds_alternative<std::int64_t>(value);
    case TypeId::kFloat:
      return std::holds_alternative<float>(value);
    case TypeId::kDouble:
      return std::holds_alternative<double>(value);
    case TypeId::kDecimal:
      return std::holds_alternative<Decimal>(value);
    case TypeId::kUuid:
    case TypeId::kFixed: {
      const auto* bytes = std::get_if<std::string>(&value);
      const auto size = type.id == TypeId::kUuid ? 16U : static_cast<std::size_t>(type.length);
      return bytes != nullptr && bytes->size() == size;
    }
    case TypeId::kUnknown:
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
      return false;
    default:
      return std::holds_alternative<std::string>(value);
  }
}

std::string minimal_bytes(__int128 value) {
  std::string out;
  for (int shift = 120; shift >= 0; shift -= 8) {
    // A byte is left out where the next one's highest bit says the same sign.
    const __int128 rest = value >> shift;
    const bool says_sign_only =
        out.empty() && shift > 0 && (value >> (shift - 1)) == (value < 0 ? -1 : 0);
    if (!says_sign_only) out += static_cast<char>(rest & 0xFF);
  }
  return out;
}

__int128 from_big_endian(std::string_view bytes) {
  unsigned __int128 value =
      static_cast<signed char>(bytes[0]) < 0 ? ~static_cast<unsigned __int128>(0) : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<__int128>(value);
}

std::string to_bytes(const ColumnType& type, const Value& value) {
  switch (type.id) {
    case TypeId::kBoolean:
      return {static_cast<char>(std::get<bool>(value) ? 1 : 0)};
    case TypeId::kInt:
    case TypeId::kDate:
      return raw(static_cast<std::int32_t>(std::get<std::int64_t>(value)));
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      return raw(std::get<std::int64_t>(value));
    case TypeId::kFloat:
      return raw(std::get<float>(value));
    case TypeId::kDouble:
      return raw(std::get<double>(value));
    case TypeId::kDecimal:
      return minimal_bytes(std::get<Decimal>(value).unscaled);
    default:
      return std::get<std::string>(value);
  }
}

Result<Value> from_bytes(const ColumnType& type, std::string_view bytes) {
  switch (type.id) {
    case TypeId::kBoolean:
      if (bytes.size() != 1) return wrong_size(type, bytes);
      return Value(bytes[0] != 0);
    case TypeId::kInt:
    case TypeId::kDate:
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      return whole_number(type, bytes);
    case TypeId::kFloat:
    case TypeId::kDouble:
      return floating(type, bytes);
    case TypeId::kDecimal:
      if (bytes.empty() || bytes.size() > sizeof(__int128)) return wrong_size(type, bytes);
      return Value(Decimal{from_big_endian(bytes)});
    case TypeId::kStruct:
    case TypeId::kList:
    case TypeId::kMap:
    case TypeId::kUnknown:
      return wrong_size(type, bytes);
    default: {
      Value value = std::string(bytes);
      if (!is_of(value, type)) return wrong_size(type, bytes);
      return value;
    }
  }
}

std::optional<std::string> lower_bound(const ColumnType& type, const Value& value) {
  return bound(type, value, false);
}

std::optional<std::string> upper_bound(const ColumnType& type, const Value& value) {
  return bound(type, value, true);
}

int compare(const ColumnType& type, const Value& a, const Value& b) {
  switch (type.id) {
    case TypeId::kFloat:
      return compare_floats<float, std::int32_t>(std::get<float>(a), std::get<float>(b));
    case TypeId::kDouble:
      return compare_floats<double, std::int64_t>(std::get<double>(a), std::get<double>(b));
    case TypeId::kDecimal:
      return sign(std::get<Decimal>(a).unscaled, std::get<Decimal>(b).unscaled);
    case TypeId::kBoolean:
      return sign(std::get<bool>(a), std::get<bool>(b));
    default:
      if (const auto* text = std::get_if<std::string>(&a)) {
        // std::string compares as unsigned bytes, which for UTF-8 is the order of code points.
        return sign(text->compare(std::get<std::string>(b)), 0);
      }
      return sign(std::get<std::int64_t>(a), std::get<std::int64_t>(b));
  }
}

}  // namespace sluice::iceberg
