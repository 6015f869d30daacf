#include "model/temporal_text.h"

#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <utility>

#include "base/limits.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kOffsetSecondsMax = 57'599;  // +-15:59:59, in the engine and in PostgreSQL

std::string fraction_text(std::int64_t nanos) {
  if (nanos == 0) return "";
  std::string digits = fmt::format(".{:09}", nanos);
  while (digits.back() == '0') digits.pop_back();
  return digits;
}

// Reads what a cursor points at; every function leaves it behind what it took.
struct Cursor {
  std::string_view rest;

  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::optional<std::int64_t> digits(std::size_t least, std::size_t most) {
    std::int64_t value = 0;
    std::size_t count = 0;
    while (count < most && count < rest.size() && rest[count] >= '0' && rest[count] <= '9') {
      value = value * 10 + (rest[count++] - '0');
    }
    if (count < least) return std::nullopt;
    rest.remove_prefix(count);
    return value;
  }
  // ".123" as nanoseconds; 0 where there is no point; nullopt for over nine digits.
  std::optional<std::int64_t> fraction_nanos() {
    if (!take('.')) return 0;
    const std::size_t before = rest.size();
    auto value = digits(1, 9);
    if (!value) return std::nullopt;
    for (std::size_t taken = before - rest.size(); taken < 9; ++taken) *value *= 10;
    while (take('0')) {
    }
    return value;
  }
};

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

unsigned days_in_month(std::int64_t year, unsigned month) {
  static constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

struct DateParts {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

std::optional<DateParts> take_date(Cursor& cursor) {
  const auto year = cursor.digits(4, 7);
  if (!year || !cursor.take('-')) return std::nullopt;
  const auto month = cursor.digits(2, 2);
  if (!month || *month < 1 || *month > 12 || !cursor.take('-')) return std::nullopt;
  const auto day = cursor.digits(2, 2);
  if (!day || *day < 1) return std::nullopt;
  return DateParts{*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)};
}

// " BC" or " (BC)" behind a date turns year y into 1 - y.
bool take_bc(Cursor& cursor) {
  for (const std::string_view mark : {" (BC)", " BC"}) {
    if (cursor.rest.starts_with(mark)) {
      cursor.rest.remove_prefix(mark.size());
      return true;
    }
  }
  return false;
}

std::optional<std::int64_t> days_of(DateParts parts, bool bc) {
  if (bc && parts.year == 0) return std::nullopt;
  const std::int64_t year = bc ? 1 - parts.year : parts.year;
  if (parts.day > days_in_month(year, parts.month)) return std::nullopt;
  return days_from_civil(year, parts.month, parts.day);
}

std::optional<std::int64_t> take_time(Cursor& cursor) {
  const auto hours = cursor.digits(2, 2);
  if (!hours || !cursor.take(':')) return std::nullopt;
  const auto minutes = cursor.digits(2, 2);
  std::optional<std::int64_t> seconds = 0;
  std::optional<std::int64_t> nanos = 0;
  if (cursor.take(':')) {
    seconds = cursor.digits(2, 2);
    nanos = cursor.fraction_nanos();
  }
  if (!minutes || !seconds || !nanos || *minutes > 59 || *seconds > 59) return std::nullopt;
  const std::int64_t total =
      ((*hours * 60 + *minutes) * 60 + *seconds) * kNanosPerSecond + *nanos;
  if (total > kSecondsPerDay * kNanosPerSecond) return std::nullopt;
  return total;
}

// "Z", "+hh", "+hhmm", "+hh:mm" or "+hh:mm:ss", in seconds.
std::optional<std::int32_t> take_offset(Cursor& cursor) {
  if (cursor.take('Z')) return 0;
  const bool negative = cursor.take('-');
  if (!negative && !cursor.take('+')) return std::nullopt;
  const auto hours = cursor.digits(2, 2);
  if (!hours) return std::nullopt;
  std::int64_t seconds = *hours * 3600;
  for (const std::int64_t unit : {60, 1}) {
    if (!cursor.take(':') && (cursor.rest.empty() || cursor.rest.front() == ' ')) break;
    const auto part = cursor.digits(2, 2);
    if (!part || *part > 59) return std::nullopt;
    seconds += *part * unit;
  }
  if (seconds > kOffsetSecondsMax) return std::nullopt;
  return static_cast<std::int32_t>(negative ? -seconds : seconds);
}

std::optional<std::int64_t> parse_instant(std::string_view text, bool with_zone) {
  const std::string lower = to_lower(text);
  if (lower == "infinity") return kTimestampInfinity;
  if (lower == "-infinity") return kTimestampNegativeInfinity;
  Cursor cursor{text};
  const auto date = take_date(cursor);
  if (!date) return std::nullopt;
  bool bc = take_bc(cursor);  // the engine writes "0044-03-15 (BC) 10:00:00"
  std::int64_t nanos = 0;
  if (cursor.take('T') || cursor.take(' ')) {
    const auto time = take_time(cursor);
    if (!time || *time % 1000 != 0) return std::nullopt;
    nanos = *time;
  }
  std::int64_t offset = 0;
  if (with_zone) {
    const auto seconds = take_offset(cursor);
    if (!seconds) return std::nullopt;
    offset = *seconds;
  }
  bc = take_bc(cursor) || bc;
  const auto days = days_of(*date, bc);
  if (!days || !cursor.rest.empty()) return std::nullopt;
  const __int128 micros = static_cast<__int128>(*days) * kMicrosPerDay + nanos / 1000 -
                          static_cast<__int128>(offset) * 1'000'000;
  if (micros >= kTimestampInfinity || micros <= kTimestampNegativeInfinity) return std::nullopt;
  return static_cast<std::int64_t>(micros);
}

}  // namespace

// Howard Hinnant's "chrono-compatible low-level date algorithms" describe this calendar arithmetic:
// years start in March, 400-year eras of 146097 days.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto year_of_era = static_cast<std::uint64_t>(y - era * 400);
  const std::uint64_t shifted = month > 2 ? month - 3 : month + 9;
  const std::uint64_t day_of_year = (153 * shifted + 2) / 5 + day - 1;
  const std::uint64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

CivilDate civil_from_days(std::int64_t days) {
  const std::int64_t z = days + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<std::uint64_t>(z - era * 146097);
  const std::uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::uint64_t shifted = (5 * doy + 2) / 153;
  const auto day = static_cast<unsigned>(doy - (153 * shifted + 2) / 5 + 1);
  const auto month = static_cast<unsigned>(shifted < 10 ? shifted + 3 : shifted - 9);
  const std::int64_t year = static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0);
  return {year, month, day};
}

std::string date_text(std::int32_t days) {
  if (days == kDateInfinity) return "infinity";
  if (days == kDateNegativeInfinity) return "-infinity";
  const CivilDate date = civil_from_days(days);
  const bool bc = date.year <= 0;
  return fmt::format("{:04}-{:02}-{:02}{}", bc ? 1 - date.year : date.year, date.month, date.day,
                     bc ? " BC" : "");
}

std::string time_text(std::int64_t nanos) {
  const std::int64_t seconds = nanos / kNanosPerSecond;
  return fmt::format("{:02}:{:02}:{:02}{}", seconds / 3600, seconds / 60 % 60, seconds % 60,
                     fraction_text(nanos % kNanosPerSecond));
}

std::string timetz_text(std::int64_t bits) {
  const std::int32_t offset = timetz_offset_seconds(bits);
  const std::int32_t size = std::abs(offset);
  std::string out = time_text(timetz_micros(bits) * 1000) + (offset < 0 ? "-" : "+");
  out += fmt::format("{:02}:{:02}", size / 3600, size / 60 % 60);
  if (size % 60 != 0) out += fmt::format(":{:02}", size % 60);
  return out;
}

std::string timestamp_text(std::int64_t value, std::int64_t per_second) {
  if (value == kTimestampInfinity) return "infinity";
  if (value == kTimestampNegativeInfinity) return "-infinity";
  std::int64_t seconds = value / per_second;
  std::int64_t rest = value % per_second;
  if (rest < 0) {
    rest += per_second;
    --seconds;
  }
  std::int64_t days = seconds / kSecondsPerDay;
  std::int64_t second_of_day = seconds % kSecondsPerDay;
  if (second_of_day < 0) {
    second_of_day += kSecondsPerDay;
    --days;
  }
  const CivilDate date = civil_from_days(days);
  const bool bc = date.year <= 0;
  const std::int64_t nanos =
      second_of_day * kNanosPerSecond + rest * (kNanosPerSecond / per_second);
  return fmt::format("{:04}-{:02}-{:02} {}{}", bc ? 1 - date.year : date.year, date.month,
                     date.day, time_text(nanos), bc ? " BC" : "");
}

std::string timestamptz_text(std::int64_t micros) {
  std::string text = timestamp_text(micros, 1'000'000);
  if (text.ends_with("infinity")) return text;
  if (text.ends_with(" BC")) return text.substr(0, text.size() - 3) + "+00 BC";
  return text + "+00";
}

std::string interval_text(const IntervalCell& interval) {
  const std::int64_t seconds = interval.micros / 1'000'000;
  const std::int64_t rest = std::abs(interval.micros % 1'000'000);
  const std::string sign = interval.micros < 0 && seconds == 0 ? "-" : "";
  return fmt::format("P{}M{}DT{}{}{}S", interval.months, interval.days, sign, seconds,
                     fraction_text(rest * 1000));
}

std::optional<std::int32_t> parse_date(std::string_view text) {
  const std::string lower = to_lower(text);
  if (lower == "infinity") return kDateInfinity;
  if (lower == "-infinity") return kDateNegativeInfinity;
  Cursor cursor{text};
  const auto date = take_date(cursor);
  if (!date) return std::nullopt;
  const bool bc = take_bc(cursor);
  const auto days = days_of(*date, bc);
  if (!days || !cursor.rest.empty()) return std::nullopt;
  if (*days >= kDateInfinity || *days <= kDateNegativeInfinity) return std::nullopt;
  return static_cast<std::int32_t>(*days);
}

std::optional<std::int64_t> parse_time_nanos(std::string_view text) {
  Cursor cursor{text};
  const auto nanos = take_time(cursor);
  return cursor.rest.empty() ? nanos : std::nullopt;
}

std::optional<std::int64_t> parse_timetz(std::string_view text) {
  Cursor cursor{text};
  const auto nanos = take_time(cursor);
  if (!nanos || *nanos % 1000 != 0) return std::nullopt;
  const auto offset = take_offset(cursor);
  if (!offset || !cursor.rest.empty()) return std::nullopt;
  return make_timetz(*nanos / 1000, *offset);
}

std::optional<std::int64_t> parse_timestamp_micros(std::string_view text) {
  return parse_instant(text, false);
}

std::optional<std::int64_t> parse_timestamptz_micros(std::string_view text) {
  return parse_instant(text, true);
}

std::optional<IntervalCell> parse_interval(std::string_view text) {
  Cursor cursor{text};
  const auto take_signed = [&](char unit) -> std::optional<std::int64_t> {
    const bool negative = cursor.take('-');
    const auto value = cursor.digits(1, 10);
    if (!value || !cursor.take(unit)) return std::nullopt;
    return negative ? -*value : *value;
  };
  if (!cursor.take('P')) return std::nullopt;
  const auto months = take_signed('M');
  const auto days = take_signed('D');
  if (!months || !days || !cursor.take('T')) return std::nullopt;
  const auto fits = [](std::int64_t value) {
    return std::in_range<std::int32_t>(value);
  };
  if (!fits(*months) || !fits(*days)) return std::nullopt;
  const bool negative = cursor.take('-');
  const auto seconds = cursor.digits(1, 13);
  const auto nanos = cursor.fraction_nanos();
  if (!seconds || !nanos || !cursor.take('S') || !cursor.rest.empty()) return std::nullopt;
  if (*nanos % 1000 != 0) return std::nullopt;
  const __int128 size = static_cast<__int128>(*seconds) * 1'000'000 + *nanos / 1000;
  const __int128 micros = negative ? -size : size;
  if (micros != static_cast<std::int64_t>(micros)) return std::nullopt;
  return IntervalCell{static_cast<std::int32_t>(*months), static_cast<std::int32_t>(*days),
                      static_cast<std::int64_t>(micros)};
}

}  // namespace sluice
