#include "endpoint/duckdb/file_header.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace sluice::duckdb {
namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kMagicAt = 8;
constexpr std::size_t kVersionAt = 12;
constexpr std::size_t kFlagsAt = 20;
constexpr std::size_t kLibraryAt = 52;
constexpr std::size_t kLibraryBytes = 32;
// DuckDB 2 writes this as the storage version and keeps the real one in the database headers.
constexpr std::uint64_t kVersionInDatabaseHeader = 999;
constexpr std::uint64_t kFlagEncrypted = 1;

struct Magic {
  std::string_view bytes;
  std::string_view name;
};
constexpr std::array kOthers = {
    Magic{"SQLite format 3", "a SQLite database"},
    Magic{"PAR1", "a Parquet file"},
    Magic{"PK\x03\x04", "a zip archive"},
    Magic{"\x1f\x8b", "a gzip file"},
    Magic{"\x28\xb5\x2f\xfd", "a zstd file"},
    Magic{"PGDMP", "a pg_dump archive"},
    Magic{"Obj\x01", "an Avro file"},
};

std::uint64_t u64_at(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

Error about(ErrorKind kind, const std::filesystem::path& path, const std::string& what) {
  return Error(kind, fmt::format("\"{}\": {}", path.string(), what)).about(path.string());
}

Error not_duckdb(std::string_view head, const std::filesystem::path& path) {
  for (const Magic& other : kOthers) {
    if (head.starts_with(other.bytes)) {
      return about(ErrorKind::kInvalid, path, fmt::format("is {}, not a DuckDB file", other.name));
    }
  }
  return about(ErrorKind::kCorrupt, path, "is not a DuckDB file: no \"DUCK\" at byte 8");
}

std::uint64_t expected_bytes(const DuckdbHeader& header) {
  return kDuckdbHeaderBytes + header.block_count * header.block_bytes;
}

}  // namespace

Error cut_off_error(const DuckdbHeader& header, std::uint64_t file_bytes,
                    const std::filesystem::path& path) {
  return about(ErrorKind::kCorrupt, path,
               fmt::format("is cut off: it has {} bytes, its header says {} ({} blocks of {})",
                           file_bytes, expected_bytes(header), header.block_count,
                           header.block_bytes));
}

Result<DuckdbHeader> parse_duckdb_header(std::string_view head, std::uint64_t file_bytes,
                                         const std::filesystem::path& path) {
  if (head.size() < kVersionAt || head.substr(kMagicAt, 4) != "DUCK") {
    return fail(not_duckdb(head, path));
  }
  if (file_bytes < kDuckdbHeaderBytes || head.size() < kDuckdbHeaderBytes) {
    return fail(about(ErrorKind::kCorrupt, path,
                      fmt::format("is cut off: it has {} bytes, its headers alone have {}",
                                  file_bytes, kDuckdbHeaderBytes)));
  }
  DuckdbHeader header;
  const bool first = u64_at(head, kBlock + 8) >= u64_at(head, 2 * kBlock + 8);
  const std::size_t newest = first ? kBlock : 2 * kBlock;
  header.iteration = u64_at(head, newest + 8);
  header.block_count = u64_at(head, newest + 32);
  header.block_bytes = u64_at(head, newest + 40);
  header.storage_version = u64_at(head, kVersionAt);
  if (header.storage_version == kVersionInDatabaseHeader) {
    header.storage_version = u64_at(head, newest + 56);
  }
  const std::string_view library = head.substr(kLibraryAt, kLibraryBytes);
  header.library_version = std::string(library.substr(0, library.find('\0')));

  const std::string writer =
      header.library_version.empty() ? "another DuckDB" : "DuckDB " + header.library_version;
  if (header.storage_version > kDuckdbStorageVersionMax ||
      header.storage_version < kDuckdbStorageVersionMin) {
    const bool newer = header.storage_version > kDuckdbStorageVersionMax;
    return fail(
        about(ErrorKind::kUnsupported, path,
              fmt::format("has storage version {}, written by {}; this sluice has DuckDB 1.5.5, "
                          "which reads {} to {}",
                          header.storage_version, writer, kDuckdbStorageVersionMin,
                          kDuckdbStorageVersionMax))
            .advise(newer ? "copy it with that DuckDB: ATTACH 'new.db' (STORAGE_VERSION "
                            "'v1.5.0'), then COPY FROM DATABASE"
                          : "export it with the DuckDB that wrote it: EXPORT DATABASE"));
  }
  if ((u64_at(head, kFlagsAt) & kFlagEncrypted) != 0) {
    return fail(
        about(ErrorKind::kUnsupported, path, "is encrypted; sluice reads plain files only"));
  }
  if (file_bytes < expected_bytes(header)) {
    const std::uint64_t missing = expected_bytes(header) - file_bytes;
    if (missing % header.block_bytes != 0) return fail(cut_off_error(header, file_bytes, path));
    header.blocks_beyond_end = missing / header.block_bytes;
  }
  return header;
}

}  // namespace sluice::duckdb
