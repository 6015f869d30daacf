// Private to endpoint/iceberg: `lake compact`.
#pragma once

#include <memory>
#include <vector>

#include "endpoint/lake_keeper.h"
#include "engine/engine.h"
#include "lake_catalog/iceberg_catalog.h"

namespace sluice::iceberg {

// LakeKeeper::compact() of these tables; one snapshot a table.
Result<LakeCompactFacts> compact_tables(
    const std::vector<std::shared_ptr<const IcebergTable>>& tables, const LakeCompaction& wanted,
    IcebergCatalog& catalog, Engine& engine, const LakeProgress& progress);

}  // namespace sluice::iceberg
