// Private to operations/: a run that is on record, its plan and its target.
#pragma once

#include <memory>

#include "operations/session.h"
#include "plan/plan.h"

namespace sluice {

struct OldRun {
  RunRecord record;
  Plan plan;
  Place target;
  std::unique_ptr<Endpoint> endpoint;  // null where the target is gone
};

// Errors: kNotFound where the target is not there any more, or cannot be reached.
Result<OldRun> open_old_run(Sluice::Impl& impl, Journal& journal, const std::string& run);

// The same, but a target that is provably gone (no such file, folder or database) is no error:
// its endpoint is null. One that merely does not answer is.
Result<OldRun> open_old_run_if_there(Sluice::Impl& impl, Journal& journal, const std::string& run);

// That no later run of this journal stands on what `old` published. Errors: kConflict names it.
// `force`: passes where that run was forgotten, since nothing can be rolled back first then.
Status check_topmost(Sluice::Impl& impl, Journal& journal, const OldRun& old, bool force);

// Ends the record of a run whose target is gone by `last`, RolledBack or Forgotten. Returns: what
// was not there any more. `dry_run`: only says it.
Result<Steps> close_without_target(Journal& journal, const OldRun& old, const Event& last,
                                   bool dry_run);

}  // namespace sluice
