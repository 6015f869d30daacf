// Makes the tables of a catalog of Delta tables.
#pragma once

#include "base/result.h"
#include "lake_catalog/sql_database.h"

namespace sluice {

inline constexpr int kDeltaCatalogVersion = 1;

// The tables that hold what the log of one table says, but for delta_tables itself.
inline constexpr std::string_view kDeltaRowTables[] = {
    "migration_status", "delta_commits", "delta_protocol", "delta_metadata",  "delta_files",
    "delta_removes",    "delta_txns",    "delta_domains",  "delta_unmirrored"};

Result<bool> has_delta_catalog(SqlDatabase& database);

// Does nothing where they are there.
Status create_delta_catalog(SqlDatabase& database);

}  // namespace sluice
