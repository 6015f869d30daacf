// Private to endpoint/delta: what a table of the plan will be, out of the plan and of what is
// there.
#pragma once

#include "endpoint/delta/run.h"

namespace sluice::delta {

// Errors: kExists for a table that is there and shall not be; kInvalid for columns that do not fit
// what rows are added to; kUnsupported for tables that this release does not write, by
// write_gate.h, and for partitions that Delta has not.
Result<DeltaTarget> make_target(const DeltaRun& run, const TargetTable& table);

}  // namespace sluice::delta
