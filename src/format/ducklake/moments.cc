#include "format/ducklake/moments.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "model/temporal_text.h"

namespace sluice::ducklake {

std::optional<std::int64_t> parse_moment(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (const auto zoned = parse_timestamptz_micros(trimmed)) return zoned;
  if (const auto plain = parse_timestamp_micros(trimmed)) return plain;
  if (const auto days = parse_date(trimmed)) return *days * kMicrosPerDay;
  return std::nullopt;
}

std::string moment_text(std::string_view stored) {
  const auto micros = parse_moment(stored);
  if (!micros) return std::string(stored);
  constexpr std::int64_t kSecond = 1'000'000;
  std::int64_t fraction = *micros % kSecond;
  if (fraction < 0) fraction += kSecond;
  std::string text = timestamp_text((*micros - fraction) / kSecond, 1);
  text = replace_all(std::move(text), " ", "T");
  return fmt::format("{}.{:06}Z", text, fraction);
}

}  // namespace sluice::ducklake
