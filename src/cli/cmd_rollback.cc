#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"

namespace sluice {
namespace {

Result<int> print_result(Session& session, const RollbackResult& result, std::string_view done) {
  session.end_progress();
  if (session.options().json) {
    const std::string state(result.done ? done : "dry_run");
    TRY(session.print_json({{"run", result.run},
                            {"state", state},
                            {"done", result.done},
                            {"steps", result.steps},
                            {"error", nullptr}}));
    return 0;
  }
  std::string out;
  for (const std::string& step : result.steps) {
    out += fmt::format("{}{}\n", result.done ? "" : "would: ", step);
  }
  if (result.steps.empty()) out += "nothing to do\n";
  if (result.done) {
    out += fmt::format("run {} is {}\n", result.run, replace_all(std::string(done), "_", " "));
  }
  TRY(session.print_unless_quiet(out));
  return 0;
}

// "last" may be another run than the one in mind.
void note_last(Session& session) {
  const Result<MigrationReport> report = session.sluice().report("last");
  if (!report) return;
  std::vector<std::string> tables;
  for (const TableReport& table : report->tables) tables.push_back(table.target);
  session.note(fmt::format("last is run {} of {}, {}: {} to {}, {} table{} ({})\n", report->run,
                           report->started_at, report->state, report->source, report->target,
                           tables.size(), tables.size() == 1 ? "" : "s", join(tables, ", ")));
}

}  // namespace

Result<int> run_rollback(Session& session, const RollbackArguments& arguments) {
  if (arguments.run == "last") note_last(session);
  TRY_ASSIGN(const RollbackResult result,
             session.sluice().rollback(arguments.run, arguments.dry_run, arguments.force));
  return print_result(session, result, "rolled_back");
}

Result<int> run_forget(Session& session, const RunArguments& arguments) {
  TRY_ASSIGN(const RollbackResult result, session.sluice().forget(arguments.run));
  return print_result(session, result, "forgotten");
}

}  // namespace sluice
