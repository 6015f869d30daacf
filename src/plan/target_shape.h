// Keys, references, indexes, defaults and comments of a table, carried where the target has them
// and told as findings where it has not. Pure.
#pragma once

#include "plan/make_plan.h"

namespace sluice {

// Requires: the columns of every table in `plan` are planned.
void shape_targets(const PlanInput& input, Plan& plan);

// Views, same system only: carried when they stand beside a run of all tables.
void plan_views(const PlanInput& input, Plan& plan);

}  // namespace sluice
