#include "cli/duration_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "base/text.h"

namespace sluice {
namespace {

struct Unit {
  std::string_view name;
  double milliseconds;
};
constexpr std::array kUnits = {Unit{"ms", 1},    Unit{"s", 1e3},  Unit{"m", 6e4},
                               Unit{"min", 6e4}, Unit{"h", 36e5}, Unit{"d", 864e5}};
constexpr double kLongestMs = 366.0 * 864e5;

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const std::string unit =
      to_lower(std::string_view(read.ptr, static_cast<std::size_t>(end - read.ptr)));
  for (const Unit& known : kUnits) {
    if (read.ec != std::errc() || known.name != unit || !std::isfinite(number)) continue;
    const double milliseconds = number * known.milliseconds;
    if (milliseconds < 0 || milliseconds > kLongestMs) break;
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(milliseconds)));
  }
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("\"{}\" is not a duration such as 90s, 15m or 1h", text)));
}

}  // namespace sluice
