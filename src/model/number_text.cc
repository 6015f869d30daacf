#include "model/number_text.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace sluice {
namespace {

bool parse_special(std::string_view text, NumberParts& parts) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::string word = to_lower(text);
  using Special = NumberParts::Special;
  if (word == "nan") {
    parts.special = Special::kNan;
  } else if (word == "inf" || word == "infinity") {
    parts.special = negative ? Special::kNegativeInfinity : Special::kInfinity;
  } else {
    return false;
  }
  return true;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool parse_number(std::string_view text, NumberParts& parts) {
  parts = {};
  if (parse_special(text, parts)) return true;
  if (text.starts_with('-') || text.starts_with('+')) {
    parts.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (whole.empty() && fraction.empty()) return false;
  if (!all_digits(whole) || !all_digits(fraction)) return false;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  parts.digits = std::string(whole) + std::string(fraction);
  parts.digits.erase(0, std::min(parts.digits.find_first_not_of('0'), parts.digits.size()));
  parts.scale = static_cast<int>(fraction.size());
  if (parts.digits.empty()) {
    parts.digits = "0";
    parts.negative = false;
  }
  return true;
}

std::string uint128_text(unsigned __int128 value) {
  char buffer[40];
  char* at = buffer + sizeof(buffer);
  do {
    *--at = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return {at, static_cast<std::size_t>(buffer + sizeof(buffer) - at)};
}

std::string int128_text(__int128 value) {
  if (value >= 0) return uint128_text(static_cast<unsigned __int128>(value));
  return "-" + uint128_text(-static_cast<unsigned __int128>(value));
}

std::string decimal_text(__int128 unscaled, int scale) {
  std::string text = int128_text(unscaled);
  if (scale == 0) return text;
  const std::size_t sign = unscaled < 0 ? 1 : 0;
  const auto places = static_cast<std::size_t>(scale);
  if (text.size() - sign <= places) text.insert(sign, places + 1 - (text.size() - sign), '0');
  text.insert(text.size() - places, 1, '.');
  return text;
}

std::string magnitude_text(std::string_view big_endian) {
  static constexpr std::uint32_t kBase = 1'000'000'000;
  std::vector<std::uint32_t> limbs;  // little-endian, base 10^9
  for (std::size_t at = 0; at < big_endian.size();) {
    // Four bytes a pass, the odd ones first: the cost is quadratic in the length.
    const std::size_t odd = big_endian.size() % 4;
    const std::size_t width = at == 0 && odd != 0 ? odd : 4;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < width; ++i) {
      carry = (carry << 8) | static_cast<unsigned char>(big_endian[at + i]);
    }
    at += width;
    for (std::uint32_t& limb : limbs) {
      carry += static_cast<std::uint64_t>(limb) << (8 * width);
      limb = static_cast<std::uint32_t>(carry % kBase);
      carry /= kBase;
    }
    for (; carry != 0; carry /= kBase) limbs.push_back(static_cast<std::uint32_t>(carry % kBase));
  }
  if (limbs.empty()) return "0";
  std::string text = std::to_string(limbs.back());
  for (std::size_t i = limbs.size() - 1; i-- > 0;) {
    const std::string part = std::to_string(limbs[i]);
    text += std::string(9 - part.size(), '0') + part;
  }
  return text;
}

}  // namespace sluice
