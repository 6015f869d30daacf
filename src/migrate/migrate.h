// The life of one run, in the order of design section 2. Each step's event is in the journal before
// the next step starts, so that resume and rollback know where it stood.
#pragma once

#include <vector>

#include "migrate/context.h"
#include "model/digest.h"

namespace sluice {

// Back up, copy, verify, publish (unless the plan says not to). Requires: Journal::begin and the
// Started event. Errors end the run: what they mean for it is journalled too, so that the caller
// only reports.
Status run_plan(RunContext& context, const Plan& plan, ReadSession& source);

// The steps, for resume, which enters in the middle.
Status prepare_target(RunContext& context, const TargetPlan& target_plan, WriteSession& target);
Status copy_and_finish(RunContext& context, const Plan& plan, ReadSession& source,
                       WriteSession& target, std::vector<Landed> done);
Status verify_staged(RunContext& context, const Plan& plan, ReadSession& source,
                     WriteSession& target, const std::vector<Landed>& landed);
Status publish_staged(RunContext& context, const Plan& plan, WriteSession& target);

// The error of a run, its hint in this run's words; where the run `is_prepared`, and so has
// something in the target, completed by the commands that go on with it or undo it.
Error with_next_steps(const RunContext& context, Error error, bool is_prepared);

// Journals how a run ended by an error: interrupted where resume goes on, else failed.
void journal_end(RunContext& context, const Error& error);

}  // namespace sluice
