#include "cli/commands.h"
#include "report/json.h"
#include "report/text.h"

namespace sluice {

Result<int> run_verify(Session& session, const VerifyArguments& arguments) {
  TRY_ASSIGN(const VerifyReport report,
             arguments.certificate.empty()
                 ? session.sluice().verify(arguments.options)
                 : session.sluice().verify_certificate(arguments.certificate));
  session.end_progress();
  const GlobalOptions& options = session.options();
  if (options.json) {
    TRY(session.output().write(render_json(report)));
  } else {
    VerifyReport shown = report;
    shown.error.reset();  // standard error has it
    TRY(session.print_unless_quiet(render_text(shown, session.style())));
  }
  if (report.error) {
    session.print_reported_error(*report.error);
    return exit_code(report.error->kind);
  }
  return report.state == "same" ? 0 : exit_code(ErrorKind::kMismatch);
}

}  // namespace sluice
