// The head of a DuckDB file, read without the engine. Layout: three blocks of 4096 bytes, the main
// header (u64 checksum, "DUCK", u64 storage version, 4 u64 flags, 32 bytes library version, 32
// bytes source id) and two database headers (u64 checksum, iteration, meta block, free list, block
// count, block size, vector size, serialization version) of which the one with the higher
// iteration counts. All integers are little-endian.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::duckdb {

inline constexpr std::size_t kDuckdbHeaderBytes = 3 * 4096;
// What DuckDB 1.5.5 reads.
inline constexpr std::uint64_t kDuckdbStorageVersionMin = 64;
inline constexpr std::uint64_t kDuckdbStorageVersionMax = 68;

struct DuckdbHeader {
  std::uint64_t storage_version = 0;
  std::string library_version;  // of the DuckDB that wrote the file, "v1.5.5"; "" in old files
  std::uint64_t iteration = 0;
  std::uint64_t block_count = 0;
  std::uint64_t block_bytes = 0;
  // Blocks that the header counts and the file does not have: DuckDB leaves free ones at the end
  // unwritten, so that only the file's own list of free blocks tells whether it was cut off.
  std::uint64_t blocks_beyond_end = 0;
};

Error cut_off_error(const DuckdbHeader& header, std::uint64_t file_bytes,
                    const std::filesystem::path& path);

// `head`: up to the first kDuckdbHeaderBytes of the file, `file_bytes` its size.
// Errors: kInvalid says what the file is instead; kCorrupt, kUnsupported.
Result<DuckdbHeader> parse_duckdb_header(std::string_view head, std::uint64_t file_bytes,
                                         const std::filesystem::path& path);

}  // namespace sluice::duckdb
