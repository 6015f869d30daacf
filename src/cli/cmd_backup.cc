#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_report.h"
#include "cli/repeat.h"
#include "cli/timer_units.h"
#include "report/archive_report.h"

namespace sluice {

namespace {

Result<int> create_once(Session& session, const ArchiveOptions& options) {
  TRY_ASSIGN(const ArchiveReport report, session.sluice().backup_create(options));
  if (session.options().json || !session.options().quiet) TRY(print_report(session, report));
  return 0;
}

}  // namespace

Result<int> run_backup_create(Session& session, const ArchiveOptions& options,
                              const Repetition& repetition) {
  if (repetition.install_timer) {
    TRY_ASSIGN(const std::string units, backup_timer_units(options, repetition, session.options()));
    TRY(session.options().json ? session.print_json({{"units", units}}) : session.print(units));
    return 0;
  }
  if (repetition.every.count() == 0) return create_once(session, options);
  return repeat(session, repetition.every, [&] { return create_once(session, options); });
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
