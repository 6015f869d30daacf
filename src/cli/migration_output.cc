#include "cli/migration_output.h"

#include "report/json.h"
#include "report/text.h"

namespace sluice {

Result<int> print_migration(Session& session, const MigrationReport& report) {
  session.end_progress();
  const GlobalOptions& options = session.options();
  if (options.json) {
    TRY(session.output().write(render_json(report)));
  } else {
    MigrationReport shown = report;
    shown.error.reset();  // standard error has it
    TRY(session.print_unless_quiet(render_text(shown, session.style())));
  }
  if (report.error) {
    session.print_reported_error(*report.error);
  }
  return exit_code(report);
}

}  // namespace sluice
