// What goes away with a table that a run replaces, and what would be left behind.
#pragma once

#include "plan/make_plan.h"

namespace sluice {

// Adds findings about `existing`, which `table` replaces in the target. Requires: the plan's views
// are planned. Errors: kConflict names what the system does not let stand on the new table, which
// publishing would refuse.
Status plan_replacement(const PlanInput& input, const TablePlan& table, const Table& existing,
                        Plan& plan);

}  // namespace sluice
