#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_report.h"
#include "report/archive_report.h"

namespace sluice {

Result<int> run_backup_create(Session& session, const ArchiveOptions& options) {
  TRY_ASSIGN(const ArchiveReport report, session.sluice().backup_create(options));
  if (session.options().json || !session.options().quiet) TRY(print_report(session, report));
  return 0;
}

Result<int> run_backup_list(Session& session, const ArchiveArguments& arguments) {
  TRY_ASSIGN(const ArchiveListReport report, session.sluice().backup_list(arguments.folder));
  TRY(print_report(session, report));
  return 0;
}

Result<int> run_backup_verify(Session& session, const ArchiveArguments& arguments) {
  TRY_ASSIGN(const ArchiveCheckReport report,
             session.sluice().backup_verify(arguments.archive, arguments.folder));
  if (!report.sound() || session.options().json || !session.options().quiet) {
    TRY(print_report(session, report));
  }
  return report.sound() ? 0 : exit_code(ErrorKind::kMismatch);
}

Result<int> run_backup_restore(Session& session, const RestoreOptions& options) {
  TRY_ASSIGN(const RestoreReport report, session.sluice().backup_restore(options));
  if (session.options().json || !session.options().quiet) TRY(print_report(session, report));
  return 0;
}

Result<int> run_backup_prune(Session& session, const PruneOptions& options) {
  TRY_ASSIGN(const PruneReport report, session.sluice().backup_prune(options));
  if (session.options().json || !session.options().quiet) TRY(print_report(session, report));
  return 0;
}

}  // namespace sluice
