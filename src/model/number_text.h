// Exact decimal numbers as text: the carrier of kNumeric and the bridge between binary forms.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// A number taken apart: value = (-1)^negative * digits * 10^-scale. No trailing zero after the
// point, no leading zero; zero is digits "0", scale 0, not negative.
struct NumberParts {
  enum class Special { kNone, kNan, kInfinity, kNegativeInfinity };
  Special special = Special::kNone;
  bool negative = false;
  std::string digits;
  int scale = 0;
};

// Requires: [+-]digits[.digits], "NaN", "Infinity" or "-Infinity" (any case, "inf" too).
// Returns: false where the text is none of these.
bool parse_number(std::string_view text, NumberParts& parts);

std::string int128_text(__int128 value);
std::string uint128_text(unsigned __int128 value);
// 12345, scale 2 -> "123.45"
std::string decimal_text(__int128 unscaled, int scale);
// Big-endian magnitude bytes to decimal digits.
std::string magnitude_text(std::string_view big_endian);

}  // namespace sluice
