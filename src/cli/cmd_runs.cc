#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_summary.h"
#include "report/text_table.h"

namespace sluice {

Result<int> run_runs(Session& session) {
  TRY_ASSIGN(const std::vector<RunSummary> runs, session.sluice().runs());
  if (session.options().json) {
    Json json = {{"runs", Json::array()}};
    for (const RunSummary& run : runs) json["runs"].push_back(summary_json(run));
    TRY(session.print_json(json));
    return 0;
  }
  TextTable table(
      {{"Run"}, {"State"}, {"Started"}, {"Rows", Align::kRight}, {"Source"}, {"Target"}});
  for (const RunSummary& run : runs) {
    table.add({run.run, run.state, run.started_at, format_count(run.rows), run.source, run.target});
  }
  TRY(session.print(runs.empty() ? "no runs\n" : table.render(session.style())));
  return 0;
}

}  // namespace sluice
