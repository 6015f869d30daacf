#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/job_options.h"
#include "cli/refusal.h"

namespace sluice {

Result<int> run_plan(Session& session, const PlanArguments& arguments) {
  MigrateOptions options = arguments.options;
  if (!arguments.job.empty()) {
    TRY_ASSIGN(options, job_options(session, arguments.job, arguments.options));
  }
  TRY_ASSIGN(const PlanSummary plan, session.sluice().plan(options));
  session.end_progress();
  if (!arguments.out.empty()) TRY(write_file_atomically(arguments.out, plan.json));
  const Error error = refusal_of(plan);
  if (session.options().json) {
    TRY_ASSIGN(const Json json, plan_json(plan));
    TRY(session.print_json(json));
  } else {
    TRY(session.print(plan.text));
    if (!arguments.out.empty()) {
      session.note(fmt::format("plan written: `sluice migrate --plan {}` carries it out\n",
                               shell_word(arguments.out.string())));
    }
  }
  if (!plan.refused) return 0;
  session.print_reported_error(error);
  return exit_code(error.kind);
}

}  // namespace sluice
