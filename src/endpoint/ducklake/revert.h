// Private to endpoint/ducklake: a table's rows as they were, as a new snapshot.
#pragma once

#include "endpoint/ducklake/run.h"

namespace sluice::ducklake {

// Gives the table the rows that it had at `past`. Files that are as they were stay; one that was
// taken out since, or from which rows were deleted, comes back under another name (a second link to
// the same bytes), because a path that expires with an old row of the catalog must not be in use.
// Requires: `commit` is open in run.database. Errors: kConflict where the table's columns were
// changed since, or files were merged so that rows of before and after are in one.
Status revert_table(LakeRun& run, DuckLakeCommit& commit, Id table, Id past);

}  // namespace sluice::ducklake
