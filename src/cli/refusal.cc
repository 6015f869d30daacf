#include "cli/refusal.h"

#include <fmt/format.h>

#include "report/accept_hint.h"

namespace sluice {

Error refusal_of(const PlanSummary& plan) {
  return Error(ErrorKind::kWouldLoseData, "refused: values would be lost")
      .advise(plan.accept_flags.empty()
                  ? "leave these columns out with --map, or their tables with --exclude"
                  : accept_hint(plan.accept_flags));
}

Result<Json> plan_json(const PlanSummary& plan) {
  Json json = Json::parse(plan.json, nullptr, false);
  if (!json.is_object()) return fail(ErrorKind::kInternal, "the plan is no JSON object");
  json["refused"] = plan.refused;
  json["accept"] = plan.accept_flags;
  json["error"] = plan.refused ? error_json(refusal_of(plan)) : Json(nullptr);
  return json;
}

}  // namespace sluice
