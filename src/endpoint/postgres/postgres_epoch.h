// Dates and timestamps between PostgreSQL's days and microseconds since 2000-01-01 and the engine's
// since 1970-01-01. Infinities are the extreme integers on both sides, but not the same ones.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "base/limits.h"
#include "model/batch.h"

namespace sluice::postgres {

inline constexpr std::int32_t kEpochDays = 10957;  // 2000-01-01 since 1970-01-01
inline constexpr std::int64_t kEpochMicros = kEpochDays * kMicrosPerDay;

inline std::optional<std::int32_t> date_from_postgres(std::int32_t days) {
  if (days == std::numeric_limits<std::int32_t>::max()) return kDateInfinity;
  if (days == std::numeric_limits<std::int32_t>::min()) return kDateNegativeInfinity;
  std::int32_t out = 0;
  if (__builtin_add_overflow(days, kEpochDays, &out)) return std::nullopt;
  if (out == kDateInfinity || out == kDateNegativeInfinity) return std::nullopt;
  return out;
}

inline std::optional<std::int32_t> date_to_postgres(std::int32_t days) {
  if (days == kDateInfinity) return std::numeric_limits<std::int32_t>::max();
  if (days == kDateNegativeInfinity) return std::numeric_limits<std::int32_t>::min();
  std::int32_t out = 0;
  if (__builtin_sub_overflow(days, kEpochDays, &out)) return std::nullopt;
  if (out == std::numeric_limits<std::int32_t>::min()) return std::nullopt;
  return out;
}

inline std::optional<std::int64_t> timestamp_from_postgres(std::int64_t micros) {
  if (micros == std::numeric_limits<std::int64_t>::max()) return kTimestampInfinity;
  if (micros == std::numeric_limits<std::int64_t>::min()) return kTimestampNegativeInfinity;
  std::int64_t out = 0;
  if (__builtin_add_overflow(micros, kEpochMicros, &out)) return std::nullopt;
  if (out == kTimestampInfinity || out == kTimestampNegativeInfinity) return std::nullopt;
  return out;
}

inline std::optional<std::int64_t> timestamp_to_postgres(std::int64_t micros) {
  if (micros == kTimestampInfinity) return std::numeric_limits<std::int64_t>::max();
  if (micros == kTimestampNegativeInfinity) return std::numeric_limits<std::int64_t>::min();
  std::int64_t out = 0;
  if (__builtin_sub_overflow(micros, kEpochMicros, &out)) return std::nullopt;
  if (out == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
  return out;
}

// PostgreSQL 17 spells infinite intervals with all three fields at their extremes.
inline bool is_infinite_interval(const IntervalCell& cell) {
  using Int32 = std::numeric_limits<std::int32_t>;
  using Int64 = std::numeric_limits<std::int64_t>;
  return (cell.months == Int32::max() && cell.days == Int32::max() &&
          cell.micros == Int64::max()) ||
         (cell.months == Int32::min() && cell.days == Int32::min() && cell.micros == Int64::min());
}

}  // namespace sluice::postgres
