// The plan as a table for people.
#pragma once

#include <string>

#include "plan/plan.h"

namespace sluice {

std::string plan_to_text(const Plan& plan);

}  // namespace sluice
