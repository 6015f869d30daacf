// Private to endpoint/ducklake: takes old snapshots out of a lake, and the files that only they
// read. The order, at each place of which a process may die:
//
//   1. one transaction of the catalog: snapshots and what only they use go, their files are
//      scheduled for deletion
//   2. scheduled files that are older than the grace are deleted
//   3. one transaction: what is deleted is scheduled no more
//
// A file is never deleted as long as the catalog names it. Readers of an expired snapshot who began
// before have the grace to finish.
#pragma once

#include "endpoint/lake_keeper.h"
#include "lake_catalog/catalog_database.h"

namespace sluice::ducklake {

// Requires: `database` is opened for writing, unless `wanted.dry_run`.
Result<LakeExpireFacts> expire_lake(CatalogDatabase& database, const std::string& data_path,
                                    const LakeExpiry& wanted, Engine& engine);

}  // namespace sluice::ducklake
