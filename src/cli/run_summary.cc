#include "cli/run_summary.h"

#include <fmt/format.h>

#include "base/secret.h"
#include "base/text.h"

namespace sluice {

Json summary_json(const RunSummary& run) {
  return {{"run", run.run},
          {"state", run.state},
          {"source", run.source},
          {"target", run.target},
          {"started_at", run.started_at},
          {"seconds", run.seconds},
          {"rows", run.rows},
          {"error", run.error.empty() ? Json(nullptr) : Json(redact(run.error))},
          {"next", run.next.empty() ? Json(nullptr) : Json(run.next)}};
}

std::string summary_text(const RunSummary& run) {
  std::string out = fmt::format("run      {}\nstate    {}\nsource   {}\ntarget   {}\nstarted  {}\n",
                                run.run, run.state, run.source, run.target, run.started_at);
  out += fmt::format("took     {}\nrows     {}\n", format_duration(run.seconds),
                     format_count(run.rows));
  if (!run.error.empty()) out += fmt::format("error    {}\n", redact(run.error));
  if (!run.next.empty()) out += fmt::format("next     {}\n", run.next);
  return out;
}

Result<RunSummary> find_summary(const std::vector<RunSummary>& runs, const std::string& run) {
  const std::string wanted = to_lower(run);
  const RunSummary* found = nullptr;
  for (const RunSummary& one : runs) {
    if (wanted == "last") {
      if (found == nullptr || one.run > found->run) found = &one;
      continue;
    }
    if (!to_lower(one.run).starts_with(wanted)) continue;
    if (found != nullptr) {
      return fail(
          Error(ErrorKind::kInvalid, fmt::format("run \"{}\" is the beginning of several", run))
              .about(run)
              .advise("`sluice runs` lists them"));
    }
    found = &one;
  }
  if (found != nullptr) return *found;
  return fail(Error(ErrorKind::kNotFound, runs.empty() ? std::string("there are no runs")
                                                       : fmt::format("no run \"{}\"", run))
                  .about(run)
                  .advise(runs.empty() ? "`sluice migrate` begins one; --state names its folder"
                                       : "`sluice runs` lists them"));
}

}  // namespace sluice
