#include "backup/retention.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <functional>

namespace sluice {
namespace {

int number_at(const std::string& text, std::size_t at, std::size_t size) {
  int out = 0;
  if (text.size() >= at + size) std::from_chars(text.data() + at, text.data() + at + size, out);
  return out;
}

std::string day_of(const std::string& moment) { return moment.substr(0, 10); }
std::string month_of(const std::string& moment) { return moment.substr(0, 7); }

// The number of days from 1970 to the week's Monday.
std::string week_of(const std::string& moment) {
  using namespace std::chrono;
  const sys_days day = year(number_at(moment, 0, 4)) /
                       month(static_cast<unsigned>(number_at(moment, 5, 2))) /
                       std::chrono::day(static_cast<unsigned>(number_at(moment, 8, 2)));
  const sys_days monday = day - (weekday(day) - Monday);
  return fmt::format("{}", monday.time_since_epoch().count());
}

void keep_newest_of_each(int count, const std::vector<DatedArchive>& archives,
                         const std::function<std::string(const DatedArchive&)>& span_of,
                         std::set<std::string>& kept) {
  std::set<std::string> spans;
  for (const DatedArchive& archive : archives) {
    if (spans.size() == static_cast<std::size_t>(count)) return;
    if (spans.insert(span_of(archive)).second) kept.insert(archive.id);
  }
}

}  // namespace

std::set<std::string> kept_by(const RetentionRule& rule,
                              const std::vector<DatedArchive>& archives) {
  std::set<std::string> kept;
  keep_newest_of_each(
      rule.keep, archives, [](const DatedArchive& one) { return one.id; }, kept);
  keep_newest_of_each(
      rule.keep_daily, archives, [](const DatedArchive& one) { return day_of(one.created_at); },
      kept);
  keep_newest_of_each(
      rule.keep_weekly, archives, [](const DatedArchive& one) { return week_of(one.created_at); },
      kept);
  keep_newest_of_each(
      rule.keep_monthly, archives, [](const DatedArchive& one) { return month_of(one.created_at); },
      kept);
  return kept;
}

}  // namespace sluice
