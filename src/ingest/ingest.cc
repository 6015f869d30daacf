#include "ingest/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "ingest/gather.h"
#include "ingest/past_batches.h"
#include "ingest/plan_columns.h"
#include "ingest/staged_rows.h"

namespace sluice::ingest {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// From then on the batch keeps the catalog for itself while it looks at what others added.
constexpr int kAttemptsBeforeHolding = 3;
constexpr milliseconds kFirstPause{20};
constexpr milliseconds kPauseMax{2'000};

// Takes a name in double quotes, as reports spell it, or what stands before the next dot.
std::string take_name(std::string_view& rest) {
  std::string out;
  for (std::size_t i = 1; rest.starts_with('"') && i < rest.size(); ++i) {
    if (rest[i] == '"') {
      const std::string_view behind = rest.substr(i + 1);
      if (behind.empty() || behind.starts_with('.')) {
        rest = behind;
        return out;
      }
      if (!behind.starts_with('"')) break;
      ++i;
    }
    out += rest[i];
  }
  out = rest.substr(0, rest.find('.'));
  rest.remove_prefix(out.size());
  return out;
}

// SCHEMA.TABLE or TABLE. All behind the first dot is the table's, unless it is quoted as a whole.
TableName table_name(const std::string& text) {
  std::string_view rest = text;
  std::string first = take_name(rest);
  if (rest.empty()) return {"main", std::move(first)};
  rest.remove_prefix(1);
  std::string_view behind = rest;
  std::string second = take_name(behind);
  return {std::move(first), behind.empty() ? std::move(second) : std::string(rest)};
}

class Batch {
 public:
  Batch(const IngestSetting& setting, const IngestOptions& options, std::optional<ColumnPlan> map,
        FileAccess access)
      : setting_(setting),
        options_(options),
        map_(std::move(map)),
        deadline_(Clock::now() + options.wait),
        folder_(setting.state, make_ulid()),
        target_(setting.location, table_name(options.table), *setting.engine, std::move(access)) {
    report_.batch = folder_.batch();
    report_.state = "failed";
    report_.target = target_.display();
    report_.table = target_.table().display();
    report_.is_restored = !options.restore.empty();
  }

  // Errors: before anything of the batch is anywhere.
  Status gather_inputs();
  Status run();
  IngestReport take_report() { return std::move(report_); }
  void tidy_up() { folder_.tidy_up(); }

 private:
  Status stage(const ducklake::TableView& view);
  Status look_at_table(const ducklake::TableView& view);
  Status write_record(const ducklake::TableView& view);
  Result<CommitOutcome> attempt();
  Status commit_rows();
  Status finish();
  void forget_staging();
  void phase(const char* name) {
    if (setting_.phase) setting_.phase(name);
  }
  milliseconds left() const {
    return std::max(milliseconds(0),
                    std::chrono::duration_cast<milliseconds>(deadline_ - Clock::now()));
  }

  const IngestSetting& setting_;
  const IngestOptions& options_;
  std::optional<ColumnPlan> map_;
  Clock::time_point deadline_;
  BatchFolder folder_;
  LakeTarget target_;
  std::vector<Input> inputs_;
  std::optional<PastBatch> restored_;
  std::unique_ptr<StagedRows> rows_;
  std::vector<std::string> key_;
  std::vector<ducklake::KeyRange> ranges_;
  std::set<ducklake::Id> known_;  // files that were looked at
  bool is_recorded_ = false;      // files of rejects and drops, and data files, are as rows_ is
  WrittenFiles written_;
  RowCounts counts_;
  int attempts_ = 0;
  IngestReport report_;
};

Status Batch::gather_inputs() {
  TRY(folder_.make());
  phase("read inputs");
  const auto act = [&]() -> Status {
    if (report_.is_restored) {
      TRY_ASSIGN(restored_, find_dropped(setting_.state, target_, options_.restore));
      return {};
    }
    TRY_ASSIGN(inputs_, gather(options_.inputs, options_.format, folder_.path(), setting_.cancel));
    return {};
  };
  const Status done = act();
  if (!done) tidy_up();
  return done;
}

Status Batch::stage(const ducklake::TableView& view) {
  ColumnPlan plan;
  if (view.table()) {
    report_.table = view.table()->name.display();  // as the lake spells it
    TRY_ASSIGN(plan, plan_for_table(*view.table(), map_));
  } else if (restored_) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("there is no table {}", report_.table))
                    .about(report_.table));
  } else if (map_) {
    plan = *map_;
    const auto untyped = std::find_if(plan.begin(), plan.end(), [](const PlannedColumn& column) {
      return column.type.kind == TypeKind::kOther;
    });
    if (untyped != plan.end()) {
      return fail(Error(ErrorKind::kInvalid,
                        fmt::format("the map gives column \"{}\" no type, and there is no table {}",
                                    untyped->name, report_.table))
                      .about(report_.table));
    }
  } else {
    phase("look at types");
    TRY_ASSIGN(plan, infer_columns(inputs_));
  }
  TRY_ASSIGN(key_, planned_key(plan, options_.key));
  report_.types.clear();
  for (const PlannedColumn& column : plan) {
    report_.types.push_back({column.name, to_string(column.type), column.origin});
  }
  TRY_ASSIGN(auto connection, setting_.engine->connect());
  rows_ = std::make_unique<StagedRows>(*setting_.engine, std::move(connection), plan, key_);
  phase("read rows");
  if (restored_) {
    TRY(rows_->read_dropped(restored_->folder / "dropped.parquet", restored_->batch,
                            options_.force));
  } else {
    TRY(rows_->read(inputs_, setting_.rows_done));
  }
  phase("compare keys");
  TRY(rows_->drop_within());
  TRY_ASSIGN(const auto ranges, rows_->key_ranges());
  ranges_.clear();
  for (const ColumnRange& range : ranges) {
    if (!view.table()) break;
    for (const ducklake::LakeColumn& column : view.table()->columns) {
      if (column.row.name == range.column) {
        ranges_.push_back({column.row.id, range.min, range.max});
      }
    }
  }
  return {};
}

// The table is not what it was: nothing that was done for it counts.
void Batch::forget_staging() {
  target_.remove(written_);
  written_ = {};
  rows_.reset();
  known_.clear();
  is_recorded_ = false;
}

Status Batch::look_at_table(const ducklake::TableView& view) {
  if (!view.table() || key_.empty()) return {};
  const std::vector<std::size_t> files = view.files_within(ranges_, known_);
  TRY_ASSIGN(const std::string relation, view.rows_of(files));
  TRY_ASSIGN(const std::uint64_t found, rows_->drop_found_in(relation));
  for (const LakeFile& file : view.table()->files) known_.insert(file.row.id);
  if (found > 0) is_recorded_ = false;
  return {};
}

// What stays out is on disk before anything is committed, and so are the files.
Status Batch::write_record(const ducklake::TableView& view) {
  if (is_recorded_) return {};
  target_.remove(written_);
  written_ = {};
  TRY_ASSIGN(counts_, rows_->count());
  TRY_ASSIGN(const bool rejected, rows_->write_rejects(folder_.rejects(), inputs_, counts_));
  TRY_ASSIGN(const bool dropped, rows_->write_dropped(folder_.dropped(), counts_));
  report_.rejects_file = rejected ? folder_.rejects().string() : "";
  report_.dropped_file = dropped ? folder_.dropped().string() : "";
  // The disk has time for the record while the rows are written.
  auto synced = std::async(std::launch::async,
                           [&] { return dropped ? sync_file(folder_.dropped()) : Status(); });
  crash_point();
  phase("write rows");
  if (counts_.inserted() > 0 || !view.table()) {
    TRY_ASSIGN(written_, target_.write(*rows_, view, folder_, attempts_));
  }
  TRY(synced.get());
  TRY(target_.check_access(written_));
  is_recorded_ = true;
  return {};
}

Result<CommitOutcome> Batch::attempt() {
  ++attempts_;
  const bool hold = options_.force || attempts_ > kAttemptsBeforeHolding;
  if (hold) TRY(target_.begin(left()));
  TRY_ASSIGN(const ducklake::TableView view, target_.look());
  if (rows_ == nullptr) TRY(stage(view));
  if (!options_.force) TRY(look_at_table(view));
  TRY(write_record(view));
  // No row is new: there is nothing to commit, and no snapshot.
  if (written_.files.empty() && view.table()) return CommitOutcome::kCommitted;
  phase("commit");
  if (!hold) TRY(target_.begin(left()));
  TRY_ASSIGN(const CommitOutcome outcome,
             target_.commit(view, rows_->plan(), !key_.empty(), written_, folder_.batch(),
                            options_.force ? rows_.get() : nullptr));
  if (outcome == CommitOutcome::kCommitted) report_.snapshot = target_.snapshot();
  return outcome;
}

// Others may be first again and again: each time the batch waits a little longer, not all by the
// same time.
Status Batch::commit_rows() {
  std::minstd_rand random{std::random_device{}()};
  milliseconds pause = kFirstPause;
  while (true) {
    const auto outcome = attempt();
    target_.end();
    if (outcome && *outcome == CommitOutcome::kCommitted) return {};
    if (!outcome && (outcome.error().kind != ErrorKind::kTransient || left().count() == 0)) {
      return fail(outcome.error());
    }
    if (left().count() == 0) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("others changed table {} again and again for {} ms",
                                    report_.table, options_.wait.count()))
                      .about(report_.table)
                      .code("wait")
                      .advise("run the same command again, or give --wait a longer time"));
    }
    if (setting_.cancel != nullptr) TRY(setting_.cancel->check());
    if (outcome && *outcome == CommitOutcome::kReplaced) forget_staging();
    if (!outcome) TRY(target_.open(false, left()));
    std::this_thread::sleep_for(pause / 2 + pause * (random() % 1000) / 1000);
    pause = std::min(pause * 2, kPauseMax);
  }
}

Status Batch::finish() {
  report_.rows_read = counts_.read;
  report_.inserted = counts_.inserted();
  report_.duplicates_in_batch = counts_.in_batch;
  report_.duplicates_in_table = counts_.in_table;
  report_.conflicting = counts_.conflicting;
  report_.rejected = counts_.rejected;
  report_.replaced = target_.replaced();
  for (const NewDataFile& file : written_.files) {
    report_.files.push_back((written_.folder / file.path).string());
  }
  for (const Input& input : inputs_) {
    if (!input.broken.empty()) report_.broken.push_back({input.name, input.broken});
  }
  for (const std::string& note : rows_->notes()) report_.notes.push_back(note);
  if (!rows_->unknown_fields().empty()) {
    report_.notes.push_back("fields that are no columns were left out: " +
                            join(rows_->unknown_fields(), ", "));
  }
  if (key_.empty() && !restored_) {
    report_.notes.push_back("without --key every row is added, also one that is there already");
  }
  const bool all_in = report_.rejected == 0 && report_.broken.empty();
  report_.state = all_in ? "done" : "rejected";
  nlohmann::json facts = {{"in_batch", counts_.in_batch},
                          {"in_table", counts_.in_table},
                          {"conflicting", counts_.conflicting},
                          {"snapshot", nullptr}};
  if (report_.snapshot) facts["snapshot"] = *report_.snapshot;
  return folder_.done(facts);
}

Status Batch::run() {
  TRY(folder_.begin(target_.display(), report_.table, inputs_));
  crash_point();
  TRY(target_.open(restored_ == std::nullopt, left()));
  TRY_ASSIGN(const auto landed, clean_up(setting_.state, target_, folder_.batch()));
  if (options_.key.empty()) leave_out_landed(landed, inputs_, report_.notes);
  crash_point();
  const Status done = commit_rows();
  if (!done) {
    target_.remove(written_);
    return done;
  }
  crash_point();
  return finish();
}

bool all_are_broken(const IngestReport& report) {
  return !report.broken.empty() && report.rows_read == 0;
}

}  // namespace

Result<IngestReport> ingest(const IngestSetting& setting, const IngestOptions& options) {
  const Stopwatch watch;
  std::optional<ColumnPlan> map;
  if (!options.map.empty()) {
    TRY_ASSIGN(map, read_map(options.map));
  }
  TRY_ASSIGN(FileAccess access, FileAccess::resolve(options.access));
  Batch batch(setting, options, std::move(map), std::move(access));
  TRY(batch.gather_inputs());
  const Status done = batch.run();
  batch.tidy_up();
  IngestReport report = batch.take_report();
  report.seconds = watch.seconds();
  if (!done) {
    report.error = done.error();
  } else if (all_are_broken(report)) {
    report.error = Error(ErrorKind::kCorrupt, fmt::format("{}: {}", report.broken.front().input,
                                                          report.broken.front().reason))
                       .about(report.broken.front().input);
    report.state = "failed";
  }
  return report;
}

}  // namespace sluice::ingest
