// Named limits. Each is tested at its edge.
#pragma once

#include <cstdint>

namespace sluice {

inline constexpr std::uint64_t kChunkRowsDefault = 1'000'000;  // --batch-size, at most
inline constexpr std::uint64_t kRowGroupRows = 122'880;  // DuckDB's, in its files and Parquet's
inline constexpr int kDecimalDigitsMax = 38;             // the engine's DECIMAL
inline constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
inline constexpr int kDifferencesShownDefault = 20;  // verify --limit
inline constexpr int kPostgresIdentifierBytesMax = 63;
inline constexpr int kMysqlIdentifierMax = 64;  // characters
inline constexpr int kMysqlKeyBytesMax = 3072;  // InnoDB with pages of 16 KiB

}  // namespace sluice
