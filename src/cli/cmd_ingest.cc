#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/timer_units.h"
#include "report/ingest_report.h"

namespace sluice {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPauseStep{100};

Result<int> list_dropped(Session& session, const IngestOptions& options) {
  TRY_ASSIGN(const auto batches, session.sluice().dropped(options));
  session.end_progress();
  TRY(session.options().json ? session.print(render_json(batches))
                             : session.print(render_text(batches, session.style())));
  return 0;
}

Status print_report(Session& session, const IngestReport& report) {
  session.end_progress();
  if (session.options().json) return session.print(render_json(report));
  TRY(session.print_unless_quiet(render_text(report, session.style())));
  if (report.error) session.print_reported_error(*report.error);
  return {};
}

Result<int> one_round(Session& session, const IngestOptions& options) {
  TRY_ASSIGN(const IngestReport report, session.sluice().ingest(options));
  TRY(print_report(session, report));
  return exit_code(report);
}

// A round that fails is told and the next one comes; an interrupt ends the pause, or the round
// where it is safe.
Result<int> repeat(Session& session, const IngestArguments& arguments) {
  int worst = 0;
  while (true) {
    const auto next = Clock::now() + arguments.every;
    const Result<int> round = one_round(session, arguments.options);
    if (session.cancel().requested()) return round ? *round : exit_code(round.error().kind);
    if (!round) {
      session.end_progress();
      print_error(session.output(), round.error(),
                  {session.options().json, session.options().verbose, false});
    }
    TRY(session.output().finish());
    worst = std::max(worst, round ? *round : exit_code(round.error().kind));
    while (Clock::now() < next) {
      if (session.cancel().requested()) return worst;
      std::this_thread::sleep_for(kPauseStep);
    }
  }
}

}  // namespace

Result<int> run_ingest(Session& session, const IngestArguments& arguments) {
  if (arguments.install_timer) {
    TRY_ASSIGN(const std::string units, timer_units(arguments, session.options()));
    TRY(session.options().json ? session.print_json({{"units", units}}) : session.print(units));
    return 0;
  }
  if (arguments.dropped) return list_dropped(session, arguments.options);
  if (arguments.every.count() > 0) return repeat(session, arguments);
  return one_round(session, arguments.options);
}

}  // namespace sluice
