// Going on after a crash, a signal or a full disk.
#pragma once

#include "migrate/context.h"

namespace sluice {

// Requires: the run is locked by this process. `source` may be null where `needs_source` is false.
// Errors: kConflict where the run has nothing left to do or is being rolled back (check_resumable).
Status resume_run(RunContext& context, Plan& plan, ReadSession* source);

// Errors: kConflict where the run has nothing left to do, is being rolled back or was.
Status check_resumable(const RunProgress& progress, const std::string& run);

// Whether the run still has rows to read: not where everything is verified.
bool needs_source(const RunProgress& progress);

// Publishes a run that was verified with --no-publish, or whose publication failed.
Status publish_run(RunContext& context, const Plan& plan);

}  // namespace sluice
