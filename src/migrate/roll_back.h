// Undoing and forgetting a run.
#pragma once

#include "migrate/context.h"

namespace sluice {

struct RollBackOptions {
  bool dry_run = false;
  bool force = false;
  bool catalog_moved = false;  // the run made a lake's new catalog, and no file
};

// Puts back what was there before the run. Errors: kConflict where a published table was written
// since (its content is not what the run published), unless forced.
Result<Steps> roll_back(RunContext& context, const Plan& plan, const RollBackOptions& options);

// Drops what a rollback would need. Errors: kConflict where the run is not published.
Result<Steps> forget_run(RunContext& context, const Plan& plan);

}  // namespace sluice
