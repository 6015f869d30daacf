#include "cli/commands.h"
#include "cli/repeat.h"
#include "cli/timer_units.h"
#include "report/ingest_report.h"

namespace sluice {
namespace {

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

}  // namespace

Result<int> run_ingest(Session& session, const IngestArguments& arguments) {
  if (arguments.install_timer) {
    TRY_ASSIGN(const std::string units, ingest_timer_units(arguments, session.options()));
    TRY(session.options().json ? session.print_json({{"units", units}}) : session.print(units));
    return 0;
  }
  if (arguments.dropped) return list_dropped(session, arguments.options);
  if (arguments.every.count() > 0) {
    return repeat(session, arguments.every, [&] { return one_round(session, arguments.options); });
  }
  return one_round(session, arguments.options);
}

}  // namespace sluice
