// Private to endpoint/iceberg: `lake expire`.
//
// A snapshot goes once it has not been any branch's newest for the grace: whoever began to read it
// can finish. It is taken out of the table by a commit, then the files that only such snapshots
// have are deleted; a process that dies in between leaves them as orphans.
#pragma once

#include <memory>
#include <vector>

#include "endpoint/iceberg/open_runs.h"
#include "endpoint/lake_keeper.h"
#include "lake_catalog/iceberg_catalog.h"

namespace sluice::iceberg {

struct ExpireInput {
  IcebergCatalog* catalog = nullptr;
  OpenRuns* runs = nullptr;
  LakeExpiry wanted;
  const CancelToken* cancel = nullptr;
};

// Errors: kUnsupported for a table whose files may be of others (gc.enabled), kConflict where
// others commit all the time, kTransient where nobody knows whether a commit landed: nothing is
// deleted then.
Result<LakeExpireFacts> expire_tables(const ExpireInput& input,
                                      const std::vector<std::shared_ptr<const IcebergTable>>& all);

}  // namespace sluice::iceberg
