// Dates and times as ISO 8601 text (PostgreSQL's spelling: " BC" behind, "infinity"), and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/batch.h"

namespace sluice {

std::string date_text(std::int32_t days);
std::string time_text(std::int64_t nanos);  // 12:00:00, fraction without trailing zeros
std::string timetz_text(std::int64_t bits);
// `per_second` is the unit of `value`: 1, 1000, 1000000 or 1000000000.
std::string timestamp_text(std::int64_t value, std::int64_t per_second);
std::string timestamptz_text(std::int64_t micros);  // ... +00
std::string interval_text(const IntervalCell& interval);  // P1Y2M3DT4H5M6.7S

// Each returns nullopt for text of another form or out of the type's range.
std::optional<std::int32_t> parse_date(std::string_view text);
std::optional<std::int64_t> parse_time_nanos(std::string_view text);
std::optional<std::int64_t> parse_timestamp_micros(std::string_view text);    // no zone
std::optional<std::int64_t> parse_timestamptz_micros(std::string_view text);  // Z or +hh[:mm]
std::optional<std::int64_t> parse_timetz(std::string_view text);
std::optional<IntervalCell> parse_interval(std::string_view text);

// Proleptic Gregorian calendar.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day);
struct CivilDate {
  std::int64_t year;  // astronomical: 0 is 1 BC
  unsigned month;
  unsigned day;
};
CivilDate civil_from_days(std::int64_t days);

}  // namespace sluice
