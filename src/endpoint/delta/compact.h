// Private to endpoint/delta: few big files out of many small ones and those with deleted rows.
#pragma once

#include <vector>

#include "endpoint/delta/find_tables.h"
#include "endpoint/lake_keeper.h"

namespace sluice::delta {

// One commit a table, which changes no row (dataChange false). A process that dies leaves the table
// as it was, and files that nobody names.
Result<LakeCompactFacts> compact_tables(const std::vector<FoundTable>& found,
                                        const LakeCompaction& wanted, Engine& engine,
                                        const LakeProgress& progress);

}  // namespace sluice::delta
