// Decides column by column how values travel: rule, value checks, accepted remedies.
#pragma once

#include "plan/accepted_losses.h"
#include "plan/make_plan.h"

namespace sluice {

// Fills table.columns, table.target.columns and table.reject_predicate; may change the read types
// in table.source (a hazard that was accepted as text, a type that only its own system can
// declare).
Status plan_columns(const PlanInput& input, AcceptedLosses& accepted, const AskValues& ask,
                    TablePlan& table, std::vector<Finding>& findings);

}  // namespace sluice
