// Private to endpoint/ducklake: corrects what a catalog says of its lake, where the files tell
// better. Files are only read; rows of a snapshot change by `drop_missing` alone.
#pragma once

#include "endpoint/lake_keeper.h"
#include "lake_catalog/catalog_database.h"
#include "model/location.h"

namespace sluice::ducklake {

// Requires: `database` is opened for writing, unless `wanted.dry_run`.
Result<LakeRepairFacts> repair_lake(const Location& location, CatalogDatabase& database,
                                    const std::string& data_path, const LakeRepair& wanted,
                                    Engine& engine, const LakeProgress& progress);

}  // namespace sluice::ducklake
