// Private to plan.
#pragma once

#include "base/result.h"
#include "plan/make_plan.h"

namespace sluice {

// Values of texts and bytes in a key that are longer than the target's keys take: it would say so
// after they were copied. Errors: kConflict names the column.
Status check_key_lengths(const PlanInput& input, const AskValues& ask, const TablePlan& table);

}  // namespace sluice
