// The plan as a JSON document: what `plan --json` prints (cli.md) and `migrate --plan` reads back.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"

namespace sluice {

inline constexpr int kPlanVersion = 1;

std::string plan_to_json(const Plan& plan);
// Errors: kInvalid names what is missing or of another version.
Result<Plan> plan_from_json(std::string_view text);

}  // namespace sluice
