// Private to plan/: columns of types that a system has besides those that sluice knows.
//
// Between two systems of one kind such a column keeps its type where the target can declare it: its
// values are staged in another one (its carrier's) and become it before keys are made. Elsewhere
// they are what sluice reads them as, and the plan says that this is another type.
#pragma once

#include "plan/make_plan.h"

namespace sluice {

// Whether the target can declare the column's own type, and has to for it to be the same.
bool keeps_own_type(const PlanInput& input, const TablePlan& table, const Column& column);

// Requires: keeps_own_type(). Changes how the column is read. Returns: the rule of its carrier; its
// native type is the one to stage in.
TypeRule own_type_rule(const PlanInput& input, Column& column);

// Requires: the two systems are of one kind, the target does not have the column's own type. Where
// it has no type at all for the values, or none that carries them all, they are read as text.
void read_foreign_as_text(const PlanInput& input, Column& column);

bool same_system(const PlanInput& input);

// What the plan says of a column whose own type is not kept. Returns: "" where it is no loss of
// type.
std::string not_kept_reason(const PlanInput& input, const Column& column);

Finding not_kept_finding(const TablePlan& table, const Column& column);

}  // namespace sluice
