// Undoing a run, and giving up what undoing it would need. Each is one transaction; after either no
// schema of the run is left.
#pragma once

#include "endpoint/endpoint.h"
#include "endpoint/postgres/run.h"

namespace sluice::postgres {

// Errors: kConflict where a published table was replaced by another since, or where something that
// was made since depends on one.
Result<Steps> roll_back(const Run& run, bool dry_run);

// Errors: kInvalid where the run is not published.
Result<Steps> forget(const Run& run);

}  // namespace sluice::postgres
