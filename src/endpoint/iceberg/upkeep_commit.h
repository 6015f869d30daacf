// Private to endpoint/iceberg: the commit of `lake compact` and `lake fsck --repair`.
#pragma once

#include "endpoint/iceberg/make_snapshot.h"
#include "lake_catalog/iceberg_catalog.h"

namespace sluice::iceberg {

struct UpkeepCommit {
  CommitOutcome outcome = CommitOutcome::kUnknown;
  std::int64_t snapshot = 0;
};

// One snapshot on top of `before`, at which the table has to be still: else kConflict. `first`:
// what else becomes of the table. What was written for it stays where it landed, or where nobody
// knows. Errors: nothing was committed.
Result<UpkeepCommit> commit_upkeep(IcebergCatalog& catalog, const TableState& before,
                                   const SnapshotChange& change,
                                   const std::vector<Update>& first = {});

// The same without a snapshot.
Result<UpkeepCommit> commit_updates(IcebergCatalog& catalog, const TableState& before,
                                    const std::vector<Update>& updates);

// Of kUnknown.
Error unknown_upkeep(const TableState& table, const char* command);

}  // namespace sluice::iceberg
