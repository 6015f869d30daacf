// Time and run identity.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sluice {

std::int64_t now_unix_ms();
std::string format_rfc3339(std::int64_t unix_ms);  // 2026-01-02T03:04:05.678Z

// A ULID (26 characters of Crockford's base 32: 48 bits of milliseconds, 80 random bits), the
// identity of a run. Sorts by time.
std::string make_ulid();
bool is_ulid(const std::string& text);

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace sluice
