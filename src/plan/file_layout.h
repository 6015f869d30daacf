// How the files of a lake's tables are parted and sorted, as a user types it.
#pragma once

#include "base/result.h"
#include "plan/make_plan.h"
#include "plan/plan.h"

namespace sluice {

// Sets partition and sort of the plan's target tables. Without a table's name a layout is for all
// tables that have its columns. Errors: kInvalid for a text that cannot be read, a column or a
// table that is not there; kUnsupported where the target has no partitions.
Status plan_file_layout(const PlanInput& input, Plan& plan);

}  // namespace sluice
