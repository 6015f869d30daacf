#include "base/crash_point.h"

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace sluice {
namespace {

long point_of(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

}  // namespace

void crash_point() {
  static const long kCrashAt = point_of("SLUICE_CRASH_AT");
  static const long kStopAt = point_of("SLUICE_STOP_AT");
  if (kCrashAt == 0 && kStopAt == 0) return;
  static std::atomic<long> passed{0};
  const long point = ++passed;
  if (point == kCrashAt) static_cast<void>(std::raise(SIGKILL));
  if (point == kStopAt) static_cast<void>(std::raise(SIGSTOP));
}

}  // namespace sluice
