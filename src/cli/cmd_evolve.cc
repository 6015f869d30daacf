#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_report.h"
#include "report/evolve_report.h"

namespace sluice {
namespace {

Result<int> print(Session& session, const EvolveReport& report) {
  TRY(print_report(session, report));
  return report.error ? exit_code(report.error->kind) : 0;
}

}  // namespace

Result<int> run_evolve_new(Session& session, const EvolveNewArguments& arguments) {
  TRY_ASSIGN(const EvolveNewReport report,
             session.sluice().evolve_new(arguments.folder, arguments.name));
  TRY(print_report(session, report));
  return 0;
}

// A database that is newer than the scripts, or has others, is no error of this command's.
Result<int> run_evolve_status(Session& session, const EvolveOptions& options) {
  TRY_ASSIGN(const EvolveReport report, session.sluice().evolve_status(options));
  TRY_ASSIGN(const int code, print(session, report));
  return report.state == "mismatch" ? exit_code(ErrorKind::kConflict) : code;
}

Result<int> run_evolve_up(Session& session, const EvolveOptions& options) {
  TRY_ASSIGN(const EvolveReport report, session.sluice().evolve_up(options));
  return print(session, report);
}

Result<int> run_evolve_down(Session& session, const EvolveOptions& options) {
  TRY_ASSIGN(const EvolveReport report, session.sluice().evolve_down(options));
  return print(session, report);
}

Result<int> run_evolve_verify(Session& session, const EvolveOptions& options) {
  TRY_ASSIGN(const EvolveReport report, session.sluice().evolve_verify(options));
  TRY_ASSIGN(const int code, print(session, report));
  return report.state == "differs" ? exit_code(ErrorKind::kMismatch) : code;
}

Result<int> run_evolve_baseline(Session& session, const EvolveOptions& options) {
  TRY_ASSIGN(const EvolveReport report, session.sluice().evolve_baseline(options));
  return print(session, report);
}

}  // namespace sluice
