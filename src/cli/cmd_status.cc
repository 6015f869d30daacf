#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/run_summary.h"

namespace sluice {
namespace {

constexpr auto kWatchInterval = std::chrono::milliseconds(500);

// A run in this state may still change by itself: a process works on it. One that is verified does
// so for an instant, unless it was told not to publish.
bool is_going_on(const RunSummary& run, const std::string& state_before) {
  if (run.state == "verified") return state_before != "verified";
  return run.state == "planned" || run.state == "copying" || run.state == "copied" ||
         run.state == "publishing" || run.state == "rolling_back";
}

std::string line_of(const RunSummary& run) {
  return fmt::format("{}  {}, {} rows, {}\n", run.run, run.state, format_count(run.rows),
                     format_duration(run.seconds));
}

}  // namespace

Result<int> run_status(Session& session, const StatusArguments& arguments) {
  std::string wanted = arguments.run.empty() ? "last" : arguments.run;
  std::string shown;
  std::string state;
  while (true) {
    TRY_ASSIGN(const std::vector<RunSummary> runs, session.sluice().runs());
    TRY_ASSIGN(const RunSummary run, find_summary(runs, wanted));
    wanted = run.run;  // "last" stays what it was
    const bool going_on = is_going_on(run, state);
    state = run.state;
    if (!arguments.watch || !going_on) {
      if (session.options().json) {
        TRY(session.print_json(summary_json(run)));
      } else {
        TRY(session.print(summary_text(run)));
      }
      return 0;
    }
    const std::string line = fmt::format("{} {}", run.state, run.rows);
    if (line != shown && !session.options().json) {
      TRY(session.print(line_of(run)));
      TRY(session.output().finish());
    }
    shown = line;
    TRY(session.cancel().check());
    std::this_thread::sleep_for(kWatchInterval);
  }
}

}  // namespace sluice
