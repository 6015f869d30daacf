// A plan as the command line prints it: what plan and migrate --dry-run share.
#pragma once

#include "cli/session.h"

namespace sluice {

// The error of a plan that would lose data. Requires: used only where plan.refused.
Error refusal_of(const PlanSummary& plan);

// The plan's document with "refused", "accept" (what would have to be typed) and "error".
// Errors: kInternal where the document is no JSON object.
Result<Json> plan_json(const PlanSummary& plan);

}  // namespace sluice
