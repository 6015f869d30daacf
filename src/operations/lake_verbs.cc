// lake snapshots, files, diff, fsck.

#include "base/clock.h"
#include "migrate/ticker.h"
#include "operations/open_lake.h"
#include "operations/session.h"
#include "verify/compare.h"

namespace sluice {
namespace {

struct OpenedLake {
  std::string display;
  Engine* engine = nullptr;
  std::unique_ptr<LakeInspector> inspector;
};

Result<OpenedLake> open(Sluice::Impl& impl, const std::string& location) {
  TRY_ASSIGN(const Place place, impl.place(location));
  OpenedLake lake;
  lake.display = place.location.display();
  TRY_ASSIGN(lake.engine, impl.engine());
  TRY_ASSIGN(lake.inspector, open_lake(place.location, *lake.engine));
  return lake;
}

}  // namespace

Result<LakeSnapshotsReport> Sluice::lake_snapshots(const std::string& location) {
  TRY_ASSIGN(const OpenedLake lake, open(*impl_, location));
  LakeSnapshotsReport report;
  report.location = lake.display;
  TRY_ASSIGN(report.snapshots, lake.inspector->snapshots());
  return report;
}

Result<LakeFilesReport> Sluice::lake_files(const LakeFilesOptions& options) {
  TRY_ASSIGN(const OpenedLake lake, open(*impl_, options.location));
  LakeFilesReport report;
  report.location = lake.display;
  TRY_ASSIGN(report.lake, lake.inspector->files({options.tables, options.at}));
  return report;
}

Result<LakeCheckReport> Sluice::lake_fsck(const LakeCheckOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(const OpenedLake lake, open(*impl_, options.location));
  LakeCheckReport report;
  report.location = lake.display;
  Ticker ticker(impl_->settings.progress);
  const LakeProgress progress = progress_of(ticker);
  TRY_ASSIGN(report.lake, lake.inspector->check(options.tables, progress));
  report.seconds = watch.seconds();
  return report;
}

namespace {

std::vector<NamedValue> named(const std::vector<CellText>& cells) {
  return {cells.begin(), cells.end()};
}

// What is on the one side and not on the other, with its multiplicity.
LakeRowChange row_change(const RowMismatch& row) {
  LakeRowChange out;
  out.added = row.side == RowMismatch::Side::kTarget;
  out.row = named(out.added ? row.target : row.source);
  const std::uint64_t more = std::max(row.source_count, row.target_count);
  const std::uint64_t fewer = std::min(row.source_count, row.target_count);
  out.copies = std::max<std::uint64_t>(1, more - fewer);
  return out;
}

// Where one of them has no rows, counting the other is enough. Returns: whether that was so.
Result<bool> count_rows_of(const LakeDifference& lake, const LakeTableChange& change,
                           LakeTableDiff& out) {
  TRY_ASSIGN(out.rows_removed, lake.before->count(change.before));
  if (out.rows_removed > 0 && !change.went) return false;
  TRY_ASSIGN(out.rows_added, lake.after->count(change.after));
  return true;
}

Status compare_rows_of(Engine& engine, const LakeDifference& lake, const LakeTableChange& change,
                       const CompareOptions& options, LakeTableDiff& out) {
  if (options.differences_max == 0) {
    TRY_ASSIGN(const bool done, count_rows_of(lake, change, out));
    if (done) return {};
  }
  CompareSide before;
  before.session = lake.before.get();
  before.table = change.before;
  CompareSide after;
  after.session = lake.after.get();
  after.table = change.after;
  TRY_ASSIGN(const TableComparison compared, compare_tables(engine, before, after, options));
  out.rows_added = compared.rows_only_target;
  out.rows_removed = compared.rows_only_source;
  out.at_least = compared.limited;
  for (const RowMismatch& row : compared.differences) out.rows.push_back(row_change(row));
  return {};
}

Result<LakeTableDiff> diff_of(Engine& engine, const LakeDifference& lake,
                              const LakeTableChange& change, const CompareOptions& options) {
  LakeTableDiff out;
  out.table = change.name;
  out.schema_changes = change.schema_changes;
  if (!change.same_rows) TRY(compare_rows_of(engine, lake, change, options, out));
  const bool same = out.rows_added + out.rows_removed == 0 && out.schema_changes.empty();
  out.state = change.came ? "added" : change.went ? "dropped" : same ? "same" : "changed";
  return out;
}

}  // namespace

Result<LakeDiffReport> Sluice::lake_diff(const LakeDiffOptions& options) {
  TRY_ASSIGN(const OpenedLake opened, open(*impl_, options.location));
  TRY_ASSIGN(const LakeDifference lake,
             opened.inspector->between(options.since, options.until, options.tables));
  LakeDiffReport report;
  report.location = opened.display;
  report.since = lake.since;
  report.until = lake.until;
  Ticker ticker(impl_->settings.progress);
  ticker.phase("compare", 0);
  CompareOptions compare;
  compare.level = Level::kRows;
  compare.differences_max = options.rows_max;
  compare.threads = impl_->threads(0);
  compare.memory_bytes = impl_->memory_bytes() / 8;
  compare.rows_done = &ticker.rows();
  compare.cancel = impl_->settings.cancel;
  for (const LakeTableChange& change : lake.tables) {
    TRY_ASSIGN(LakeTableDiff diff, diff_of(*opened.engine, lake, change, compare));
    report.tables.push_back(std::move(diff));
  }
  return report;
}

}  // namespace sluice
