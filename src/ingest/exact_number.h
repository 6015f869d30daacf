// Numbers as text, taken for exactly what they say.
#pragma once

#include <optional>
#include <string_view>

namespace sluice::ingest {

// (-1)^negative * digits * 10^exponent. digits ends with no zero, unless it is zero.
struct ExactNumber {
  bool negative = false;
  unsigned __int128 digits = 0;
  int exponent = 0;
};

// [+-]digits[.digits][e[+-]digits]. Returns: nullopt for another form, or for more than 38 digits.
std::optional<ExactNumber> parse_exact(std::string_view text);

// number * 10^scale where that is a whole number of at most 38 digits; nullopt where it is none.
std::optional<__int128> scaled(const ExactNumber& number, int scale);

}  // namespace sluice::ingest
