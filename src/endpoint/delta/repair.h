// Private to endpoint/delta: corrects what a check found and the files know better.
#pragma once

#include <filesystem>
#include <vector>

#include "endpoint/delta/find_tables.h"
#include "endpoint/lake_keeper.h"

namespace sluice::delta {

// One commit a table: entries of files with the right size and statistics take the place of wrong
// ones, and with LakeRepair::drop_missing those of files that are gone are removed, and their rows
// with them. The log is copied before, to `_delta_log.sluice_backup_TIME` beside it.
// Errors: kConflict where others commit again and again.
Result<LakeRepairFacts> repair_tables(const std::filesystem::path& root,
                                      const std::vector<FoundTable>& found,
                                      const LakeRepair& wanted, Engine& engine,
                                      const LakeProgress& progress);

}  // namespace sluice::delta
