// Undoing a run, and giving up what undoing it would need. After either no table of the run is
// left. A step that a crash interrupts is finished by the next call.
#pragma once

#include "endpoint/endpoint.h"
#include "endpoint/mysql/run.h"

namespace sluice::mysql {

Result<Steps> roll_back(const Run& run, bool dry_run);

// Errors: kInvalid where the run is not published.
Result<Steps> forget(const Run& run);

}  // namespace sluice::mysql
