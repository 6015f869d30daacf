// Names of tables and columns: what the engine or the target could not tell apart, cut or refuse.
#pragma once

#include <string>

#include "plan/make_plan.h"

namespace sluice {

// As the target compares names.
std::string folded(const PlanInput& input, const std::string& name);

// Errors: kUnsupported for a table that has no columns, or two whose names differ in case alone.
Status check_columns(const Table& table);

// Names that are different in the source must stay different in the target, and whole.
// Errors: kConflict names them.
Status check_collisions(const PlanInput& input, const Plan& plan);

}  // namespace sluice
