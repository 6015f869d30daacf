#include "endpoint/postgres/numeric_codec.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "endpoint/postgres/big_endian.h"
#include "model/number_text.h"

namespace sluice::postgres {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr int kGroupDigits = 4;
constexpr int kGroupBase = 10000;
constexpr int kDigitsBeforeMax = 131072;
constexpr int kDigitsBehindMax = 16383;

enum Sign : std::uint16_t {
  kPositive = 0x0000,
  kNegative = 0x4000,
  kNan = 0xC000,
  kInfinity = 0xD000,
  kNegativeInfinity = 0xF000,
};

constexpr std::array<std::int64_t, 5> kSmallPowers = {1, 10, 100, 1000, 10000};

constexpr auto kPowers = [] {
  std::array<__int128, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

struct Numeric {
  int groups = 0;
  int weight = 0;
  std::uint16_t sign = 0;
  int scale = 0;
  const char* digits = nullptr;

  int group(int index) const { return load_big<std::int16_t>(digits + 2 * index); }
};

bool parse(std::string_view bytes, Numeric& out) {
  if (bytes.size() < kHeaderBytes) return false;
  out.groups = load_big<std::int16_t>(bytes.data());
  out.weight = load_big<std::int16_t>(bytes.data() + 2);
  out.sign = load_big<std::uint16_t>(bytes.data() + 4);
  out.scale = load_big<std::uint16_t>(bytes.data() + 6);
  out.digits = bytes.data() + kHeaderBytes;
  return out.groups >= 0 && bytes.size() == kHeaderBytes + 2 * static_cast<std::size_t>(out.groups);
}

void put_group(std::string& text, int group) {
  char digits[kGroupDigits];
  for (int i = kGroupDigits - 1; i >= 0; --i) {
    digits[i] = static_cast<char>('0' + group % 10);
    group /= 10;
  }
  text.append(digits, kGroupDigits);
}

std::size_t put_header(char* out, int groups, int weight, std::uint16_t sign, int scale) {
  store_big(out, static_cast<std::int16_t>(groups));
  store_big(out + 2, static_cast<std::int16_t>(weight));
  store_big(out + 4, sign);
  store_big(out + 6, static_cast<std::uint16_t>(scale));
  return kHeaderBytes + 2 * static_cast<std::size_t>(groups);
}

// `aligned` is the magnitude with its point at a border of groups.
template <typename Unsigned>
std::size_t put_aligned(Unsigned aligned, bool negative, int scale, char* out) {
  const int groups_behind = (scale + kGroupDigits - 1) / kGroupDigits;
  std::int16_t groups[16];
  int count = 0;
  while (aligned != 0) {
    groups[count++] = static_cast<std::int16_t>(aligned % kGroupBase);
    aligned /= kGroupBase;
  }
  const int weight = count == 0 ? 0 : count - groups_behind - 1;
  int least = 0;
  while (least < count && groups[least] == 0) ++least;
  char* at = out + kHeaderBytes;
  for (int i = count - 1; i >= least; --i, at += 2) store_big(at, groups[i]);
  return put_header(out, count - least, weight, negative && count > 0 ? kNegative : kPositive,
                    scale);
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::size_t put_digits(std::string_view whole, std::string_view fraction, bool negative,
                       char* out) {
  while (whole.starts_with('0')) whole.remove_prefix(1);
  if (whole.size() > kDigitsBeforeMax || fraction.size() > kDigitsBehindMax) return 0;
  const int scale = static_cast<int>(fraction.size());
  // Digit i, counted from the point: 0, 1, ... behind it, -1, -2, ... before it.
  const auto digit = [&](std::int64_t i) {
    if (i >= 0) return i < scale ? fraction[static_cast<std::size_t>(i)] - '0' : 0;
    const std::int64_t at = static_cast<std::int64_t>(whole.size()) + i;
    return at >= 0 ? whole[static_cast<std::size_t>(at)] - '0' : 0;
  };
  const int before = static_cast<int>((whole.size() + kGroupDigits - 1) / kGroupDigits);
  const int behind = (scale + kGroupDigits - 1) / kGroupDigits;
  char* at = out + kHeaderBytes;
  int weight = before - 1;
  int count = 0;
  int last = 0;  // groups up to the last that is not zero
  for (int group = -before; group < behind; ++group) {
    int value = 0;
    for (int i = 0; i < kGroupDigits; ++i) {
      value = value * 10 + digit(static_cast<std::int64_t>(group) * kGroupDigits + i);
    }
    if (count == 0 && value == 0) {
      --weight;
      continue;
    }
    store_big(at, static_cast<std::int16_t>(value));
    at += 2;
    ++count;
    if (value != 0) last = count;
  }
  if (last == 0) return put_header(out, 0, 0, kPositive, scale);
  return put_header(out, last, weight, negative ? kNegative : kPositive, scale);
}

// The usual case, all in 64 bits: up to 16 digits, of which up to three stand behind `scale`.
// False: not that case, or there is no such number.
bool narrow_to_unscaled(const Numeric& number, int precision, int scale, std::int64_t& unscaled) {
  static constexpr int kGroupsMax = 4;
  static constexpr int kPrecisionMax = 18;
  if (number.groups > kGroupsMax || precision > kPrecisionMax) return false;
  std::uint64_t value = 0;
  for (int i = 0; i < number.groups; ++i) {
    value = value * kGroupBase + static_cast<std::uint64_t>(number.group(i));
  }
  const int power = (number.weight - (number.groups - 1)) * kGroupDigits + scale;
  if (value != 0 && power > 0) {
    if (power > kPrecisionMax) return false;
    const auto factor = static_cast<std::uint64_t>(kPowers[static_cast<std::size_t>(power)]);
    if (__builtin_mul_overflow(value, factor, &value)) return false;
  } else if (value != 0 && power < 0) {
    if (power <= -kGroupDigits) return false;
    const std::uint64_t whole = power == -1 ? value / 10 : power == -2 ? value / 100 : value / 1000;
    const auto factor = static_cast<std::uint64_t>(kSmallPowers[static_cast<std::size_t>(-power)]);
    if (whole * factor != value) return false;
    value = whole;
  }
  if (value >= static_cast<std::uint64_t>(kPowers[static_cast<std::size_t>(precision)])) {
    return false;
  }
  unscaled = static_cast<std::int64_t>(value);
  if (number.sign == kNegative) unscaled = -unscaled;
  return true;
}

}  // namespace

bool numeric_to_narrow(std::string_view bytes, int precision, int scale, std::int64_t& unscaled) {
  Numeric number;
  if (!parse(bytes, number)) return false;
  if (number.sign != kPositive && number.sign != kNegative) return false;
  return narrow_to_unscaled(number, precision, scale, unscaled);
}

NumericProblem numeric_to_unscaled(std::string_view bytes, int precision, int scale,
                                   __int128& unscaled) {
  Numeric number;
  if (!parse(bytes, number)) return NumericProblem::kMalformed;
  if (number.sign != kPositive && number.sign != kNegative) return NumericProblem::kSpecial;
  std::int64_t narrow = 0;
  if (precision >= 0 && narrow_to_unscaled(number, precision, scale, narrow)) {
    unscaled = narrow;
    return NumericProblem::kNone;
  }
  const auto limit = static_cast<unsigned __int128>(
      kPowers[static_cast<std::size_t>(std::clamp(precision, 0, 38))]);
  unsigned __int128 value = 0;
  for (int i = 0; i < number.groups; ++i) {
    const int group = number.group(i);
    // The power of ten of this group's last digit, in units of the result.
    const int power = (number.weight - i) * kGroupDigits + scale;
    if (power >= 0) {
      if (value > static_cast<unsigned __int128>(kPowers[34])) return NumericProblem::kDoesNotFit;
      value = value * kGroupBase + static_cast<unsigned>(group);
      continue;
    }
    if (power <= -kGroupDigits) {
      if (group != 0) return NumericProblem::kDoesNotFit;
      continue;
    }
    const auto cut = static_cast<int>(kSmallPowers[static_cast<std::size_t>(-power)]);
    const auto kept = static_cast<unsigned>(kGroupBase / cut);
    if (group % cut != 0 || value > limit / kept) return NumericProblem::kDoesNotFit;
    value = value * kept + static_cast<unsigned>(group / cut);
  }
  const int missing = (number.weight - (number.groups - 1)) * kGroupDigits + scale;
  if (number.groups > 0 && missing > 0 && value != 0) {
    if (missing > 38) return NumericProblem::kDoesNotFit;
    const auto power = static_cast<unsigned __int128>(kPowers[static_cast<std::size_t>(missing)]);
    if (value > limit / power) return NumericProblem::kDoesNotFit;
    value *= power;
  }
  if (value >= limit) return NumericProblem::kDoesNotFit;
  unscaled = static_cast<__int128>(value);
  if (number.sign == kNegative) unscaled = -unscaled;
  return NumericProblem::kNone;
}

bool numeric_to_text(std::string_view bytes, std::string& text) {
  Numeric number;
  if (!parse(bytes, number)) return false;
  text.clear();
  switch (number.sign) {
    case kNan:
      text = "NaN";
      return true;
    case kInfinity:
      text = "Infinity";
      return true;
    case kNegativeInfinity:
      text = "-Infinity";
      return true;
    case kNegative:
      text = "-";
      break;
    default:
      break;
  }
  const std::size_t start = text.size();
  for (int i = 0; i <= number.weight; ++i) put_group(text, i < number.groups ? number.group(i) : 0);
  const std::size_t zeros = std::min(text.find_first_not_of('0', start), text.size());
  text.erase(start, zeros - start);
  if (text.size() == start) text += '0';
  if (number.scale == 0) return true;
  text += '.';
  const std::size_t point = text.size();
  for (int i = number.weight + 1; text.size() - point < static_cast<std::size_t>(number.scale);
       ++i) {
    put_group(text, i >= 0 && i < number.groups ? number.group(i) : 0);
  }
  text.resize(point + static_cast<std::size_t>(number.scale));
  return true;
}

bool parse_uint128(std::string_view text, unsigned __int128& value) {
  constexpr unsigned __int128 kMax = ~static_cast<unsigned __int128>(0);
  const std::size_t point = std::min(text.find('.'), text.size());
  for (const char c : text.substr(point)) {
    if (c != '.' && c != '0') return false;
  }
  text = text.substr(0, point);
  if (text.empty() || !is_digits(text)) return false;
  value = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(c - '0');
    if (value > (kMax - digit) / 10) return false;
    value = value * 10 + digit;
  }
  return true;
}

bool parse_int128(std::string_view text, __int128& value) {
  const bool negative = text.starts_with('-');
  unsigned __int128 magnitude = 0;
  if (!parse_uint128(text.substr(negative ? 1 : 0), magnitude)) return false;
  const auto limit = static_cast<unsigned __int128>(1) << 127;
  if (magnitude > limit || (magnitude == limit && !negative)) return false;
  value = static_cast<__int128>(negative ? -magnitude : magnitude);
  return true;
}

std::size_t unscaled_to_numeric(unsigned __int128 magnitude, bool negative, int scale, char* out) {
  const int padding = (kGroupDigits - scale % kGroupDigits) % kGroupDigits;
  const auto factor = static_cast<std::uint64_t>(kSmallPowers[static_cast<std::size_t>(padding)]);
  if (magnitude <= std::numeric_limits<std::uint64_t>::max() / factor) {
    return put_aligned(static_cast<std::uint64_t>(magnitude) * factor, negative, scale, out);
  }
  if (magnitude <= ~static_cast<unsigned __int128>(0) / factor) {
    return put_aligned(magnitude * factor, negative, scale, out);
  }
  const std::string digits = uint128_text(magnitude);
  const std::size_t places = std::min(static_cast<std::size_t>(scale), digits.size());
  std::string fraction(static_cast<std::size_t>(scale) - places, '0');
  fraction += digits.substr(digits.size() - places);
  return put_digits(std::string_view(digits).substr(0, digits.size() - places), fraction, negative,
                    out);
}

std::size_t text_to_numeric(std::string_view text, int scale_max, char* out) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (!is_digits(whole) || !is_digits(fraction)) {
    NumberParts parts;
    if (!parse_number(text, parts)) return 0;
    if (parts.special == NumberParts::Special::kNan) return put_header(out, 0, 0, kNan, 0);
    return put_header(out, 0, 0, negative ? kNegativeInfinity : kInfinity, 0);
  }
  if (whole.empty() && fraction.empty()) return 0;
  while (scale_max >= 0 && fraction.size() > static_cast<std::size_t>(scale_max)) {
    if (fraction.back() != '0') return 0;
    fraction.remove_suffix(1);
  }
  return put_digits(whole, fraction, negative, out);
}

}  // namespace sluice::postgres
