#include "ingest/zone.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "ingest/time_text.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kFirst = -200 * 365 * kDay;  // years for which changes are looked up
constexpr std::int64_t kLast = 230 * 365 * kDay;

std::int64_t offset_at(std::int64_t instant) {
  const auto seconds = static_cast<time_t>(instant);
  struct tm parts = {};
  ::localtime_r(&seconds, &parts);
  return parts.tm_gmtoff;
}

// The environment's zone for as long as it lives.
class ZoneOfProcess {
 public:
  explicit ZoneOfProcess(const std::string& name) {
    const char* const before = std::getenv("TZ");
    had_ = before != nullptr;
    if (had_) before_ = before;
    ::setenv("TZ", (":" + name).c_str(), 1);
    ::tzset();
  }
  ~ZoneOfProcess() {
    if (had_) {
      ::setenv("TZ", before_.c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }
  ZoneOfProcess(const ZoneOfProcess&) = delete;
  ZoneOfProcess& operator=(const ZoneOfProcess&) = delete;

 private:
  bool had_ = false;
  std::string before_;
};

bool is_known(const std::string& name) {
  const bool is_plain = !name.empty() && name.front() != '/' && !name.contains("..");
  std::error_code code;
  return is_plain && fs::is_regular_file(fs::path("/usr/share/zoneinfo") / name, code);
}

}  // namespace

Result<Zone> Zone::named(const std::string& name) {
  Zone zone;
  constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::min();
  if (name == "UTC" || name == "Z") {
    zone.spans_ = {{kEver, 0}};
    return zone;
  }
  if (const auto fixed = parse_time_text("2000-01-01T00:00" + name);
      fixed && fixed->offset_seconds) {
    zone.spans_ = {{kEver, *fixed->offset_seconds}};
    return zone;
  }
  if (!is_known(name)) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("there is no time zone \"{}\"", name))
                    .about(name)
                    .advise("write UTC, an offset such as +09:00, or a name such as Asia/Tokyo"));
  }
  const ZoneOfProcess scope(name);
  zone.spans_ = {{kEver, offset_at(kFirst)}};
  for (std::int64_t day = kFirst; day < kLast; day += 7 * kDay) {
    // Two changes within a week leave one of them out where they cancel each other; none does.
    std::int64_t low = day;
    std::int64_t high = day + 7 * kDay;
    const std::int64_t before = zone.spans_.back().offset_seconds;
    if (offset_at(high) == before) continue;
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (offset_at(middle) == before ? low : high) = middle;
    }
    zone.spans_.push_back({high, offset_at(high)});
  }
  return zone;
}

std::optional<std::int64_t> Zone::instant(std::int64_t local_seconds) const {
  // Offsets are less than a day, so three spans at most can hold the reading.
  auto span =
      std::upper_bound(spans_.begin(), spans_.end(), local_seconds - kDay,
                       [](std::int64_t at, const Span& candidate) { return at < candidate.begin; });
  if (span != spans_.begin()) --span;
  for (; span != spans_.end(); ++span) {
    const std::int64_t at = local_seconds - span->offset_seconds;
    const auto next = span + 1;
    const bool begun = span == spans_.begin() || at >= span->begin;
    if (begun && (next == spans_.end() || at < next->begin)) return at;
    if (span != spans_.begin() && span->begin > local_seconds + kDay) break;
  }
  return std::nullopt;
}

}  // namespace sluice::ingest
