// discover -> inspect -> plan: reads both sides, looks at values where types cannot tell, writes
// nothing to either.
#pragma once

#include <string>
#include <vector>

#include "migrate/context.h"
#include "plan/make_plan.h"
#include "sluice/options.h"

namespace sluice {

struct PlanningInput {
  Engine* engine = nullptr;
  Endpoint* source = nullptr;
  Endpoint* target = nullptr;
  std::string source_ref;  // a name or a URI without password
  std::string target_ref;
  std::string target_schema;  // "": the target's default
  const MigrateOptions* options = nullptr;
  const CancelToken* cancel = nullptr;
  bool files_stay = false;  // no value is written: every type stays what it is
};

// The plan comes with chunks. `session` is the snapshot that it was made of: a run copies from it.
// Errors: those of make_plan; kNotFound for a pattern that matches no table; kLimit where the
// target's disk has less room than the plan needs.
Result<Plan> plan_migration(const PlanningInput& input, ReadSession& session);

// Makes --map files' SQL see the source's tables by name: a view for each in the engine.
Status add_source_views(Engine& engine, ReadSession& session, const std::vector<Table>& tables);

}  // namespace sluice
