// Dates and times as inputs spell them: 2026-01-02, 2026-01-02T03:04:05.678+09:00.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::ingest {

struct TimeText {
  std::int64_t days = 0;   // since 1970-01-01
  std::int64_t nanos = 0;  // of the day
  bool has_time = false;
  bool too_fine = false;              // digits past nanoseconds that are not zero
  std::optional<int> offset_seconds;  // east of Greenwich
};

// YYYY-MM-DD, then T or a blank, HH:MM[:SS[.digits]], then Z, z, +HH, +HH:MM or +HHMM. Years 0001
// to 9999. Returns: nullopt for another form or a date or time that there is not.
std::optional<TimeText> parse_time_text(std::string_view text);

// HH:MM:SS[.digits] as nanoseconds. Returns: nullopt also for digits past nanoseconds.
std::optional<std::int64_t> parse_clock(std::string_view text);

}  // namespace sluice::ingest
