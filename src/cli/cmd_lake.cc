#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_report.h"
#include "report/lake_report.h"

namespace sluice {
namespace {

Result<int> repair_lake(Session& session, const LakeFsckArguments& arguments) {
  if (!arguments.check.tables.empty()) {
    return fail(ErrorKind::kInvalid, "--repair looks at the whole lake: leave --table away");
  }
  LakeRepairOptions options = arguments.repairing;
  options.location = arguments.check.location;
  TRY_ASSIGN(const LakeRepairReport report, session.sluice().lake_repair(options));
  TRY(print_report(session, report));
  return report.after.sound() ? 0 : exit_code(ErrorKind::kMismatch);
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

Result<int> run_lake_fsck(Session& session, const LakeFsckArguments& arguments) {
  if (arguments.repair) return repair_lake(session, arguments);
  TRY_ASSIGN(const LakeCheckReport report, session.sluice().lake_fsck(arguments.check));
  if (!report.sound() || session.options().json || !session.options().quiet) {
    TRY(print_report(session, report));
  }
  return report.sound() ? 0 : exit_code(ErrorKind::kMismatch);
}

Result<int> run_lake_compact(Session& session, const LakeCompactOptions& options) {
  TRY_ASSIGN(const LakeCompactReport report, session.sluice().lake_compact(options));
  TRY(print_report(session, report));
  return 0;
}

Result<int> run_lake_freeze(Session& session, const LakeFreezeOptions& options) {
  TRY_ASSIGN(const LakeFreezeReport report, session.sluice().lake_freeze(options));
  TRY(print_report(session, report));
  return 0;
}

Result<int> run_lake_expire(Session& session, const LakeExpireOptions& options) {
  TRY_ASSIGN(const LakeExpireReport report, session.sluice().lake_expire(options));
  TRY(print_report(session, report));
  return 0;
}

}  // namespace sluice
