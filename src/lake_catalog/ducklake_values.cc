#include "lake_catalog/ducklake_values.h"

#include <fmt/format.h>

#include <chrono>
#include <random>

#include "base/clock.h"
#include "base/text.h"
#include "lake_catalog/ducklake_commit.h"
#include "model/temporal_text.h"

namespace sluice {

std::string literal_or_null(const std::optional<std::string>& text) {
  return text ? quote_literal(*text) : "NULL";
}

std::string new_uuid() {
  std::random_device random;
  const auto bits = [&] { return static_cast<std::uint32_t>(random()); };
  const auto now = static_cast<std::uint64_t>(now_unix_ms());
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:04x}{:08x}", (now >> 16) & 0xFFFFFFFF,
                     now & 0xFFFF, bits() & 0xFFF, 0x8000 | (bits() & 0x3FFF), bits() & 0xFFFF,
                     bits());
}

std::string snapshot_time_now() {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return timestamptz_text(duration_cast<microseconds>(since).count());
}

}  // namespace sluice
