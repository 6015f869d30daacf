// Private to endpoint/delta: removes versions, and the files that only they need.
#pragma once

#include <filesystem>
#include <vector>

#include "endpoint/delta/find_tables.h"
#include "endpoint/lake_keeper.h"

namespace sluice::delta {

// Table by table, each by its own versions. First data files and deletion vectors that no kept
// version has, then the entries of the log before the first kept version, of which a checkpoint is
// made before. A process that dies leaves every kept version readable, and the next one finishes.
// `root`: the location's folder, where runs keep what they may go back to.
Result<LakeExpireFacts> expire_tables(const std::filesystem::path& root,
                                      const std::vector<FoundTable>& found,
                                      const LakeExpiry& wanted, Engine& engine);

}  // namespace sluice::delta
