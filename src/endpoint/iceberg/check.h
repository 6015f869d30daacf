// Private to endpoint/iceberg: `lake fsck`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "endpoint/iceberg/open_runs.h"
#include "endpoint/iceberg/table_state.h"
#include "endpoint/lake_inspector.h"

namespace sluice::iceberg {

// Holds metadata, manifests and files of all kept snapshots against each other, and reads the
// values of the newest one. What is wrong is a finding. Errors: kNotFound for a glob that matches
// no table, kDenied for files that may not be read.
Result<LakeCheckFacts> check_tables(const std::vector<std::shared_ptr<const IcebergTable>>& all,
                                    const std::vector<std::string>& tables, OpenRuns& runs,
                                    Engine& engine, const LakeProgress& progress);

}  // namespace sluice::iceberg
