// --cursor: an append moves only the rows of the source that are behind the last one of the target.
#pragma once

#include <string>
#include <vector>

#include "endpoint/endpoint.h"
#include "plan/plan.h"

namespace sluice {

// Sets TablePlan::cursor and cursor_predicate by what the target holds now. `cursors` are
// [TABLE:]COLUMN of the source.
//
// Errors: kInvalid for a cursor that names nothing, of a table that is not appended to, or of a
// type without an order that both sides share; kConflict where rows would be left out in silence:
// NULL in the column, or more rows up to the target's last value in the source than in the target.
Status add_cursors(Engine& engine, ReadSession& source, Endpoint& target,
                   const std::vector<std::string>& cursors, Plan& plan);

// Before a plan that was made earlier is executed. Errors: those above; kConflict where the target
// has another last value than it had then.
Status recheck_cursors(Engine& engine, ReadSession& source, Endpoint& target, const Plan& plan);

}  // namespace sluice
