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

// Undoes it in a later commit: what the snapshot `published` deleted from the table is there
// again. Errors: kConflict where somebody changed the deletions since.
Status restore_replaced(LakeRun& run, DuckLakeCommit& commit, Id table, Id published);

}  // namespace sluice::ducklake
