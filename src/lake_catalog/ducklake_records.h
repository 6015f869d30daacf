// Reads what a DuckLake catalog holds of all snapshots. Between begin_read() of the database and
// its end. Errors: those of the database; kUnsupported for a version that is not read, kCorrupt
// for a catalog without a snapshot.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "format/ducklake/lake_records.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

enum class RecordParts {
  kHistory,  // snapshots, names, columns and partitionings
  kFiles,    // and files, deletions, what stands in the catalog itself
  kAll,      // and statistics
};

// `data_path` replaces the catalog's own where it is not "".
Result<ducklake::LakeRecords> read_records(CatalogDatabase& database, const std::string& data_path,
                                           RecordParts parts);

// The rows of `table`, one of ducklake_inlined_data_tables, that are there at a snapshot.
Result<std::uint64_t> count_inlined(CatalogDatabase& database, const std::string& table,
                                    ducklake::Id snapshot);

}  // namespace sluice
