// lake compact, expire, freeze, fsck --repair.

#include "base/clock.h"
#include "migrate/ticker.h"
#include "operations/open_lake.h"
#include "operations/session.h"

namespace sluice {
namespace {

constexpr std::uint64_t kCompactedBytes = std::uint64_t{512} << 20;

struct OpenedKeeper {
  std::string display;
  std::unique_ptr<LakeKeeper> keeper;
};

Result<OpenedKeeper> open(Sluice::Impl& impl, const std::string& location, bool for_writing) {
  TRY_ASSIGN(const Place place, impl.place(location));
  OpenedKeeper lake;
  lake.display = place.location.display();
  TRY_ASSIGN(Engine* const engine, impl.engine());
  TRY_ASSIGN(lake.keeper, keep_lake(place.location, *engine, for_writing));
  return lake;
}

}  // namespace

Result<LakeCompactReport> Sluice::lake_compact(const LakeCompactOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(const OpenedKeeper lake, open(*impl_, options.location, !options.dry_run));
  LakeCompactReport report;
  report.location = lake.display;
  Ticker ticker(impl_->settings.progress);
  const LakeProgress progress = progress_of(ticker);
  LakeCompaction wanted;
  wanted.tables = options.tables;
  wanted.may_table_say = options.target_bytes == 0;
  wanted.target_bytes = wanted.may_table_say ? kCompactedBytes : options.target_bytes;
  wanted.wait = options.wait;
  wanted.dry_run = options.dry_run;
  TRY_ASSIGN(report.lake, lake.keeper->compact(wanted, progress));
  report.seconds = watch.seconds();
  return report;
}

Result<LakeExpireReport> Sluice::lake_expire(const LakeExpireOptions& options) {
  if (options.older_than && options.keep) {
    return fail(Error(ErrorKind::kInvalid, "lake expire takes --older-than or --keep, not both")
                    .advise("`--dry-run` shows what would go"));
  }
  if (!options.older_than && !options.keep) {
    return fail(Error(ErrorKind::kInvalid, "lake expire needs one of --older-than and --keep")
                    .advise("`sluice lake snapshots` lists what there is"));
  }
  const Stopwatch watch;
  TRY_ASSIGN(const OpenedKeeper lake, open(*impl_, options.location, !options.dry_run));
  LakeExpireReport report;
  report.location = lake.display;
  LakeExpiry wanted;
  if (options.older_than) wanted.before_us = (now_unix_ms() - options.older_than->count()) * 1000;
  if (options.keep) wanted.keep = static_cast<std::uint64_t>(*options.keep);
  wanted.grace = options.grace;
  wanted.wait = options.wait;
  wanted.orphans = options.orphans;
  wanted.dry_run = options.dry_run;
  TRY_ASSIGN(report.lake, lake.keeper->expire(wanted));
  report.seconds = watch.seconds();
  return report;
}

Result<LakeFreezeReport> Sluice::lake_freeze(const LakeFreezeOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(const OpenedKeeper lake, open(*impl_, options.location, false));
  LakeFreezeReport report;
  report.location = lake.display;
  TRY_ASSIGN(report.lake, lake.keeper->freeze(options.file, options.data_path));
  report.seconds = watch.seconds();
  return report;
}

Result<LakeRepairReport> Sluice::lake_repair(const LakeRepairOptions& options) {
  LakeRepairReport report;
  {
    TRY_ASSIGN(const OpenedKeeper lake, open(*impl_, options.location, !options.dry_run));
    Ticker ticker(impl_->settings.progress);
    const LakeProgress progress = progress_of(ticker);
    LakeRepair wanted;
    wanted.wait = options.wait;
    wanted.drop_missing = options.drop_missing;
    wanted.dry_run = options.dry_run;
    TRY_ASSIGN(report.repair, lake.keeper->repair(wanted, progress));
  }
  LakeCheckOptions check;
  check.location = options.location;
  TRY_ASSIGN(report.after, lake_fsck(check));
  return report;
}

}  // namespace sluice
