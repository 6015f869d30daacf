// Private to endpoint/ducklake: rows of a table that a merge replaces.
#pragma once

#include <string>
#include <vector>

#include "endpoint/ducklake/run.h"

namespace sluice::ducklake {

// Deletes what has the key of a staged row: by deletion files beside the data files, and in the
// tables of inlined rows. `staged`: the relation of the staged rows. A data file whose rows are all
// replaced stays too, so that a rollback finds it.
// Requires: `commit` is open in run.database.
Status delete_replaced(LakeRun& run, DuckLakeCommit& commit, const TargetTable& table, Id id,
                       const std::string& staged);

}  // namespace sluice::ducklake
