// Private to endpoint/iceberg: rows of a table that a merge replaces. In version 2 they are named
// by position delete files, in version 1 the files that have them are written again without them.
#pragma once

#include "endpoint/iceberg/make_snapshot.h"
#include "endpoint/iceberg/run.h"

namespace sluice::iceberg {

// Looks for what has the key of a row in `change.adds`, and puts what becomes of it into `change`.
// `written`: addresses of new files, which nobody reads before the commit.
Status replace_matching(const IcebergRun& run, const TargetTable& table, const TableState& before,
                        const TableMetadata& after, SnapshotChange& change,
                        std::vector<std::string>& written);

}  // namespace sluice::iceberg
