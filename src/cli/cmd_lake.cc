#include "base/error.h"
#include "cli/commands.h"
#include "report/lake_report.h"

namespace sluice {
namespace {

template <typename Report>
Status print_report(Session& session, const Report& report) {
  session.end_progress();
  if (session.options().json) return session.output().write(render_json(report));
  return session.print(render_text(report, session.style()));
}

}  // namespace

Result<int> run_lake_snapshots(Session& session, const LakeSnapshotsArguments& arguments) {
  TRY_ASSIGN(const LakeSnapshotsReport report, session.sluice().lake_snapshots(arguments.location));
  TRY(print_report(session, report));
  return 0;
}

Result<int> run_lake_files(Session& session, const LakeFilesOptions& options) {
  TRY_ASSIGN(const LakeFilesReport report, session.sluice().lake_files(options));
  TRY(print_report(session, report));
  return 0;
}

Result<int> run_lake_diff(Session& session, const LakeDiffOptions& options) {
  TRY_ASSIGN(const LakeDiffReport report, session.sluice().lake_diff(options));
  TRY(print_report(session, report));
  return 0;
}

Result<int> run_lake_fsck(Session& session, const LakeCheckOptions& options) {
  TRY_ASSIGN(const LakeCheckReport report, session.sluice().lake_fsck(options));
  if (!report.sound() || session.options().json || !session.options().quiet) {
    TRY(print_report(session, report));
  }
  return report.sound() ? 0 : exit_code(ErrorKind::kMismatch);
}

}  // namespace sluice
