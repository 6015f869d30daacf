// Private to endpoint/delta: whether a table is what its log says.
#pragma once

#include <filesystem>
#include <vector>

#include "endpoint/delta/find_tables.h"
#include "endpoint/lake_inspector.h"

namespace sluice::delta {

// All files of the newest version are read, and the log as far as it is kept. Files of older
// versions may be gone: that is what VACUUM does.
// `root`: the location's folder, where runs of sluice keep what they stage.
// Errors: kCorrupt where a table's newest version cannot be read.
Result<LakeCheckFacts> check_tables(const std::filesystem::path& root,
                                    const std::vector<FoundTable>& found,
                                    const std::vector<std::string>& tables, Engine& engine,
                                    const LakeProgress& progress);

}  // namespace sluice::delta
