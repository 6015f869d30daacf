// follow, and its verbs status, dead and move.

#include "cli/commands.h"
#include "report/follow_report.h"

namespace sluice {
namespace {

template <typename Report>
Status print_report(Session& session, const Report& report) {
  session.end_progress();
  if (session.options().json) return session.print(render_json(report));
  return session.print(render_text(report, session.style()));
}

}  // namespace

Result<int> run_follow(Session& session, const FollowOptions& options) {
  TRY_ASSIGN(const FollowReport report, session.sluice().follow(options));
  session.end_progress();
  if (session.options().json) {
    TRY(session.print(render_json(report)));
  } else {
    TRY(session.print_unless_quiet(render_text(report, session.style())));
    if (report.error) session.print_reported_error(*report.error);
  }
  return exit_code(report);
}

Result<int> run_follow_status(Session& session, const FollowOptions& options) {
  TRY_ASSIGN(const FollowStatusReport report, session.sluice().follow_status(options));
  TRY(print_report(session, report));
  return 0;
}

Result<int> run_follow_dead(Session& session, const FollowOptions& options) {
  TRY_ASSIGN(const DeadLetterReport report, session.sluice().follow_dead(options));
  TRY(print_report(session, report));
  return 0;
}

Result<int> run_follow_move(Session& session, const FollowMoveOptions& options) {
  TRY_ASSIGN(const FollowMoveReport report, session.sluice().follow_move(options));
  TRY(print_report(session, report));
  return 0;
}

}  // namespace sluice
