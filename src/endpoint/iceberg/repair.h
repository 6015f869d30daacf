// Private to endpoint/iceberg: `lake fsck --repair`.
#pragma once

#include <memory>
#include <vector>

#include "endpoint/iceberg/open_runs.h"
#include "endpoint/lake_keeper.h"
#include "engine/engine.h"
#include "lake_catalog/iceberg_catalog.h"

namespace sluice::iceberg {

// LakeKeeper::repair() of these tables: each gets one snapshot, whose manifests say what is so, and
// loses branches and tags of snapshots that are not there. Snapshots before stay what they are.
// Errors: kTransient where nobody knows whether a commit landed.
Result<LakeRepairFacts> repair_tables(
    const std::vector<std::shared_ptr<const IcebergTable>>& tables, const LakeRepair& wanted,
    IcebergCatalog& catalog, OpenRuns& runs, Engine& engine, const LakeProgress& progress);

}  // namespace sluice::iceberg
