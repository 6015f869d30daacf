#include "endpoint/sqlite/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/limits.h"
#include "base/text.h"
#include "model/number_text.h"
#include "model/temporal_text.h"
#include "model/wide_types.h"

namespace sluice::sqlite {
namespace {

constexpr __int128 kInt128Max =
    (static_cast<__int128>(0x7fffffffffffffff) << 64) | static_cast<__int128>(0xffffffffffffffff);

__int128 power_of_ten(int exponent) {
  __int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// Requires: precision 1..38.
bool fits(__int128 unscaled, int precision) {
  const __int128 bound = power_of_ten(precision);
  return unscaled < bound && unscaled > -bound;
}

std::optional<unsigned __int128> unsigned_of(std::string_view digits) {
  unsigned __int128 value = 0;
  static constexpr unsigned __int128 kMax = ~static_cast<unsigned __int128>(0);
  for (const char c : digits) {
    const auto digit = static_cast<unsigned>(c - '0');
    if (value > (kMax - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

// A whole number as its sign and magnitude.
std::optional<unsigned __int128> whole(std::string_view text, bool& negative) {
  NumberParts parts;
  if (!parse_number(text, parts)) return std::nullopt;
  if (parts.special != NumberParts::Special::kNone || parts.scale != 0) return std::nullopt;
  negative = parts.negative;
  return unsigned_of(parts.digits);
}

// Two digits at `at`, or over 99 where they are none.
unsigned two_digits(std::string_view text, std::size_t at) {
  const auto high = static_cast<unsigned>(text[at]) - '0';
  const auto low = static_cast<unsigned>(text[at + 1]) - '0';
  return high > 9 || low > 9 ? 100 : high * 10 + low;
}

// "2009-01-31" with a day that every month has; all else takes the long way.
std::optional<std::int64_t> short_day(std::string_view text) {
  if (text[4] != '-' || text[7] != '-') return std::nullopt;
  const unsigned century = two_digits(text, 0);
  const unsigned year = two_digits(text, 2);
  const unsigned month = two_digits(text, 5);
  const unsigned day = two_digits(text, 8);
  if (century > 99 || year > 99 || century + year == 0) return std::nullopt;
  if (month < 1 || month > 12 || day < 1 || day > 28) return std::nullopt;
  return days_from_civil(century * 100 + year, month, day);
}

}  // namespace

bool is_utf8(std::string_view text) {
  static constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & kHighBits) != 0) return is_valid_utf8(text.substr(at));
  }
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0x80) != 0) return is_valid_utf8(text.substr(at));
  }
  return true;
}

std::optional<__int128> parse_int128(std::string_view text) {
  bool negative = false;
  const auto magnitude = whole(text, negative);
  const auto bound = static_cast<unsigned __int128>(kInt128Max) + (negative ? 1 : 0);
  if (!magnitude || *magnitude > bound) return std::nullopt;
  return static_cast<__int128>(negative ? -*magnitude : *magnitude);
}

std::optional<unsigned __int128> parse_uint128(std::string_view text) {
  bool negative = false;
  const auto magnitude = whole(text, negative);
  return negative ? std::nullopt : magnitude;
}

std::optional<__int128> decimal_of_integer(std::int64_t value, int precision, int scale) {
  if (!fits(value, std::max(1, precision - scale)) || (precision == scale && value != 0)) {
    return std::nullopt;
  }
  return static_cast<__int128>(value) * power_of_ten(scale);
}

std::optional<__int128> decimal_of_real(double value, int precision, int scale) {
  if (!std::isfinite(value)) return std::nullopt;
  // The short way: with both numbers exact, one division rounds correctly.
  static constexpr int kPowersExact = 22;
  static constexpr double kIntegersExact = 9007199254740992.0;  // 2^53
  static constexpr double kRoundingSure = 1e15;  // up to here the product is off by less than 0.5
  static const std::array<double, kPowersExact + 1> kPowers = [] {
    std::array<double, kPowersExact + 1> powers{1.0};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
  }();
  if (scale <= kPowersExact) {
    const double power = kPowers[static_cast<std::size_t>(scale)];
    const double unscaled = std::nearbyint(value * power);
    if (std::abs(unscaled) < kIntegersExact) {
      const auto whole_number = static_cast<__int128>(static_cast<std::int64_t>(unscaled));
      if (unscaled / power == value && fits(whole_number, precision)) return whole_number;
      if (std::abs(unscaled) < kRoundingSure) return std::nullopt;
    }
  }
  // The long way: the nearest decimal of that scale, printed exactly, must read back as the value.
  if (std::abs(value) >= 1e38) return std::nullopt;
  const std::string text = fmt::format("{:.{}f}", value, scale);
  double back = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), back);
  if (code != std::errc() || back != value) return std::nullopt;
  return decimal_of_text(text, precision, scale);
}

std::optional<__int128> decimal_of_text(std::string_view text, int precision, int scale) {
  NumberParts parts;
  if (!parse_number(text, parts) || parts.special != NumberParts::Special::kNone) {
    return std::nullopt;
  }
  if (parts.scale > scale) return std::nullopt;
  const std::size_t size = parts.digits.size() + static_cast<std::size_t>(scale - parts.scale);
  if (parts.digits != "0" && size > static_cast<std::size_t>(precision)) return std::nullopt;
  __int128 unscaled = 0;
  for (const char c : parts.digits) unscaled = unscaled * 10 + (c - '0');
  unscaled *= power_of_ten(scale - parts.scale);
  return parts.negative ? -unscaled : unscaled;
}

std::optional<std::int32_t> parse_day(std::string_view text) {
  if (text.size() == 10) {
    if (const auto days = short_day(text)) return static_cast<std::int32_t>(*days);
  }
  return parse_date(text);
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  if (text.size() == 19 && (text[10] == ' ' || text[10] == 'T') && text[13] == ':' &&
      text[16] == ':') {
    const auto days = short_day(text);
    const unsigned hours = two_digits(text, 11);
    const unsigned minutes = two_digits(text, 14);
    const unsigned seconds = two_digits(text, 17);
    if (days && hours < 24 && minutes < 60 && seconds < 60) {
      const std::int64_t second_of_day = (hours * 60 + minutes) * 60 + seconds;
      return *days * kMicrosPerDay + second_of_day * 1'000'000;
    }
  }
  return parse_timestamp_micros(text);
}

std::optional<std::int64_t> parse_timestamp_nanos(std::string_view text) {
  static constexpr std::size_t kMicroDigits = 6;
  std::string cut(text);
  std::int64_t rest = 0;
  if (const std::size_t point = text.find('.'); point != std::string_view::npos) {
    std::size_t end = point + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    const std::size_t digits = end - point - 1;
    if (digits > kMicroDigits + 3) return std::nullopt;
    if (digits > kMicroDigits) {
      std::string tail(text.substr(point + 1 + kMicroDigits, digits - kMicroDigits));
      tail.resize(3, '0');
      rest = (tail[0] - '0') * 100 + (tail[1] - '0') * 10 + (tail[2] - '0');
      cut.erase(point + 1 + kMicroDigits, digits - kMicroDigits);
    }
  }
  const auto micros = parse_timestamp_micros(cut);
  if (!micros || *micros == kTimestampInfinity || *micros == kTimestampNegativeInfinity) {
    return micros;
  }
  const __int128 nanos = static_cast<__int128>(*micros) * 1000 + rest;
  if (nanos >= kTimestampInfinity || nanos <= kTimestampNegativeInfinity) return std::nullopt;
  return static_cast<std::int64_t>(nanos);
}

std::optional<Int128Cell> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t digit = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) return std::nullopt;
    auto& byte = bytes[digit / 2];
    byte = static_cast<std::uint8_t>((byte << 4) | value);
    ++digit;
  }
  return uuid_cell(bytes.data());
}

// Three bytes of header: the top bit says "not negative", the rest is the length of the magnitude;
// all bits of a negative number are flipped.
std::string bignum_bytes(bool negative, std::string_view digits) {
  std::vector<std::uint8_t> magnitude;  // little-endian, base 256
  for (const char c : digits) {
    unsigned carry = static_cast<unsigned>(c - '0');
    for (std::uint8_t& byte : magnitude) {
      carry += byte * 10U;
      byte = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) magnitude.push_back(static_cast<std::uint8_t>(carry));
  }
  if (magnitude.empty()) magnitude.push_back(0);
  const auto header = static_cast<std::uint32_t>(magnitude.size()) | 0x800000U;
  std::string out = {static_cast<char>(header >> 16), static_cast<char>(header >> 8),
                     static_cast<char>(header)};
  for (auto byte = magnitude.rbegin(); byte != magnitude.rend(); ++byte) {
    out += static_cast<char>(*byte);
  }
  if (negative) {
    for (char& c : out) c = static_cast<char>(~c);
  }
  return out;
}

std::string real_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".ein") == std::string::npos) text += ".0";
  return text;
}

std::string plain_real_text(double value) {
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::array<char, 400> buffer{};
  const auto [end, code] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return code == std::errc() ? std::string(buffer.data(), end) : fmt::format("{:f}", value);
}

std::string blob_literal(std::string_view bytes) {
  std::string digits = hex(bytes.data(), bytes.size());
  for (char& c : digits) {
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return "X'" + digits + "'";
}

}  // namespace sluice::sqlite
