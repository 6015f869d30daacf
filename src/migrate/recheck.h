// Before a plan out of a file, or out of the journal, is executed.
#pragma once

#include "endpoint/endpoint.h"
#include "plan/plan.h"

namespace sluice {

// Splits the tables anew and, where the source may have changed since it was planned, asks the
// values again. Errors: kConflict for a table or column that is gone or of another type,
// kWouldLoseData for values that the target cannot hold now.
Status recheck_plan(Engine& engine, ReadSession& session, const Endpoint& target, Plan& plan);

// The views that --map tables of this plan read.
Status restore_map_views(Engine& engine, ReadSession& session, const Plan& plan);

}  // namespace sluice
