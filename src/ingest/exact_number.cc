#include "ingest/exact_number.h"

#include <algorithm>
#include <charconv>

namespace sluice::ingest {
namespace {

constexpr int kDigitsMax = 38;
constexpr int kExponentMax = 10'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits with at most one point, the zeros at the end left out.
bool parse_mantissa(std::string_view text, ExactNumber& out) {
  int digits = 0;
  int zeros = 0;  // that are not counted in yet
  bool any = false;
  bool has_point = false;
  for (const char c : text) {
    if (c == '.' && !has_point) {
      has_point = true;
      continue;
    }
    if (!is_digit(c)) return false;
    any = true;
    if (has_point) --out.exponent;
    if (c == '0') {
      if (digits > 0) ++zeros;
      continue;
    }
    digits += zeros + 1;
    if (digits > kDigitsMax) return false;
    for (; zeros > 0; --zeros) out.digits *= 10;
    out.digits = out.digits * 10 + static_cast<unsigned>(c - '0');
  }
  out.exponent = digits == 0 ? 0 : out.exponent + zeros;
  return any;
}

}  // namespace

std::optional<ExactNumber> parse_exact(std::string_view text) {
  ExactNumber out;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    out.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find_first_of("eE");
  int exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto read = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (read.ec != std::errc() || read.ptr != power.data() + power.size()) return std::nullopt;
    if (exponent > kExponentMax || exponent < -kExponentMax) return std::nullopt;
    text = text.substr(0, e);
  }
  if (!parse_mantissa(text, out)) return std::nullopt;
  if (out.digits != 0) out.exponent += exponent;
  return out;
}

std::optional<__int128> scaled(const ExactNumber& number, int scale) {
  constexpr unsigned __int128 kMax = (static_cast<unsigned __int128>(1) << 127) - 1;
  const int power = number.exponent + scale;
  if (number.digits != 0 && power < 0) return std::nullopt;
  unsigned __int128 value = number.digits;
  for (int i = 0; value != 0 && i < power; ++i) {
    if (value > kMax / 10) return std::nullopt;
    value *= 10;
  }
  const auto out = static_cast<__int128>(value);
  return number.negative ? -out : out;
}

}  // namespace sluice::ingest
