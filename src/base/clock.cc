#include "base/clock.h"

#include <fmt/format.h>

#include <ctime>
#include <random>
#include <string_view>

namespace sluice {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kUlidLength = 26;

}  // namespace

std::int64_t now_unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string format_rfc3339(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     unix_ms % 1000);
}

std::string make_ulid() {
  std::random_device random;
  std::string text(kUlidLength, '0');
  auto time = static_cast<std::uint64_t>(now_unix_ms());
  for (std::size_t i = 10; i-- > 0; time >>= 5) text[i] = kCrockford[time & 31];
  for (std::size_t i = 10; i < kUlidLength; ++i) text[i] = kCrockford[random() & 31];
  return text;
}

bool is_ulid(const std::string& text) {
  return text.size() == kUlidLength && text[0] <= '7' &&
         text.find_first_not_of(kCrockford) == std::string::npos;
}

}  // namespace sluice
