#include "base/size_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/text.h"

namespace sluice {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 14> kUnits = {{
    {"", 1},
    {"b", 1},
    {"k", 1000},
    {"kb", 1000},
    {"kib", 1ULL << 10},
    {"m", 1000ULL * 1000},
    {"mb", 1000ULL * 1000},
    {"mib", 1ULL << 20},
    {"g", 1000ULL * 1000 * 1000},
    {"gb", 1000ULL * 1000 * 1000},
    {"gib", 1ULL << 30},
    {"t", 1000ULL * 1000 * 1000 * 1000},
    {"tb", 1000ULL * 1000 * 1000 * 1000},
    {"tib", 1ULL << 40},
}};

Error not_a_size(std::string_view text) {
  return Error(ErrorKind::kInvalid, fmt::format("\"{}\" is not a size", text))
      .advise("write 512MB, 1GiB or a number of bytes");
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::size_t digits_end = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, digits_end);
  const std::string unit =
      digits_end == std::string_view::npos ? "" : to_lower(trim(text.substr(digits_end)));
  double value = 0;
  const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (number.empty() || code != std::errc() || end != number.data() + number.size()) {
    return fail(not_a_size(text));
  }
  for (const auto& [name, bytes] : kUnits) {
    if (name != unit) continue;
    const double product = value * static_cast<double>(bytes);
    // Below 2^63, so that the conversion is defined and nobody adds it up to an overflow.
    if (product < 1 || product >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) {
      return fail(not_a_size(text));
    }
    return static_cast<std::uint64_t>(product);
  }
  return fail(not_a_size(text));
}

}  // namespace sluice
