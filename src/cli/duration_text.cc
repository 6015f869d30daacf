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

std::string duration_text(std::chrono::milliseconds duration) {
  const std::int64_t count = duration.count();
  // As people write them: 60s, 90s, 2m.
  constexpr std::int64_t kSecond = 1'000;
  constexpr std::int64_t kMinute = 60 * kSecond;
  constexpr std::int64_t kHour = 60 * kMinute;
  if (count >= kHour && count % kHour == 0) return fmt::format("{}h", count / kHour);
  if (count > kMinute && count % kMinute == 0) return fmt::format("{}m", count / kMinute);
  if (count >= kSecond && count % kSecond == 0) return fmt::format("{}s", count / kSecond);
  return fmt::format("{}ms", count);
}

}  // namespace sluice
