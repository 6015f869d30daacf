#include "endpoint/iceberg/compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>

#include "base/clock.h"
#include "base/crash_point.h"
#include "endpoint/engine_error.h"
#include "endpoint/iceberg/compact_plan.h"
#include "endpoint/iceberg/data_file.h"
#include "endpoint/iceberg/file_sizes.h"
#include "endpoint/iceberg/idle_deletes.h"
#include "endpoint/iceberg/moved_rows.h"
#include "endpoint/iceberg/upkeep_commit.h"
#include "endpoint/table_choice.h"
#include "store/retry.h"

// Rows are written while others commit. The new files have the sequence number of the snapshot that
// was read, so that equality deletes which came since apply to them as they did to the old files;
// where positions or a vector came, or a file went, its rows are written again. The commit is on
// top of exactly the snapshot in which that was looked up.

namespace sluice::iceberg {
namespace {

constexpr int kTriesMax = 5;
constexpr const char* kProperty = "sluice.compact";

struct Source {
  std::string path;
  std::string key;  // rows_key() when it was read
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

// A bundle whose rows are written.
struct Written {
  std::vector<Source> sources;
  std::vector<MovedFile> files;
  std::int64_t sequence_number = 0;  // of the snapshot that was read
  std::uint64_t rows = 0;
};

std::uint64_t positive(std::int64_t number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number));
}

class TableCompaction {
 public:
  TableCompaction(const IcebergTable& table, const LakeCompaction& wanted, std::string run,
                  IcebergCatalog& catalog, Engine& engine, const LakeProgress& progress,
                  LakeCompactFacts& out)
      : name_(table.name),
        shown_{table.name.space, table.name.table},
        wanted_(wanted),
        run_(std::move(run)),
        catalog_(catalog),
        engine_(engine),
        progress_(progress),
        out_(out) {}

  // Leaves nothing but what was committed.
  Status run() {
    const Status done = compact();
    if (!is_committed_ && !is_outcome_unknown_) {
      for (const Written& written : written_) remove(written);
    }
    return done;
  }

 private:
  enum class Ended { kYes, kOutdated };

  Status compact();
  Result<bool> load();
  Status look_at_files();
  bool drop_outdated();
  void foretell(const std::vector<CompactBundle>& bundles);
  Status write_bundles(const std::vector<CompactBundle>& bundles);
  Result<Written> write(const CompactBundle& bundle);
  Result<Ended> commit(bool is_last_try);
  Result<SnapshotChange> change();
  void leave(const std::string& file, const std::string& reason);
  void tell();

  std::uint64_t target_bytes() const {
    const auto own = file_bytes_of(state_.metadata());
    return wanted_.may_table_say ? own.value_or(wanted_.target_bytes) : wanted_.target_bytes;
  }
  std::set<std::string> done() const {
    std::set<std::string> out;
    for (const Written& written : written_) {
      for (const Source& source : written.sources) out.insert(source.path);
    }
    return out;
  }
  // As live files are known by now, whatever deletes came since.
  std::set<std::string> done_keys() const {
    const std::set<std::string> paths = done();
    std::set<std::string> out;
    for (const LiveFile& file : live_->files()) {
      if (paths.contains(file.data().path)) out.insert(rows_key(file));
    }
    return out;
  }
  void remove(const Written& written) const {
    for (const MovedFile& one : written.files) (void)state_.files->remove(one.file.path);
  }

  IcebergName name_;
  TableName shown_;
  const LakeCompaction& wanted_;
  std::string run_;
  IcebergCatalog& catalog_;
  Engine& engine_;
  const LakeProgress& progress_;
  LakeCompactFacts& out_;
  TableState state_;
  std::unique_ptr<DeletedRows> deleted_;
  std::shared_ptr<const LiveFiles> live_;
  std::vector<FileWear> wear_;  // of live_
  std::vector<Written> written_;
  int bundles_ = 0;
  int format_version_ = 0;
  std::set<std::string> told_;
  bool is_committed_ = false;
  bool is_outcome_unknown_ = false;
};

Status TableCompaction::compact() {
  for (int tries = 1;; ++tries) {
    out_.tries = std::max(out_.tries, tries);
    if (progress_.phase) progress_.phase("read the manifests", 0);
    TRY_ASSIGN(const bool is_there, load());
    if (!is_there || state_.snapshot == nullptr) return {};
    if (const std::string reason = why_rows_stay(state_); !reason.empty()) {
      leave("", reason);
      return {};
    }
    drop_outdated();
    TRY(look_at_files());
    const bool is_last_try = tries > kTriesMax;
    const auto bundles = plan_bundles(live_->files(), wear_, target_bytes(), done_keys());
    if (wanted_.dry_run) {
      foretell(bundles);
      return {};
    }
    if (is_last_try && !bundles.empty()) leave("", "others delete rows of its files all the time");
    if (!is_last_try) TRY(write_bundles(bundles));
    crash_point();
    TRY_ASSIGN(const Ended ended, commit(is_last_try));
    if (ended == Ended::kYes) return {};
  }
}

// False where it was dropped.
Result<bool> TableCompaction::load() {
  TRY_ASSIGN(auto table, catalog_.load(name_));
  if (!table) return false;
  auto shared = std::make_shared<const IcebergTable>(std::move(*table));
  TRY_ASSIGN(state_, state_at(std::move(shared), {}, engine_.cancel_token()));
  deleted_ = std::make_unique<DeletedRows>(state_, engine_);
  TRY_ASSIGN(live_, LiveFiles::load(state_));
  return true;
}

Status TableCompaction::look_at_files() {
  wear_.assign(live_->files().size(), {});
  std::vector<const LiveFile*> with_deletes;
  for (const LiveFile& file : live_->files()) with_deletes.push_back(&file);
  TRY(deleted_->load(with_deletes));
  for (std::size_t i = 0; i < wear_.size(); ++i) {
    const LiveFile& file = live_->files()[i];
    TRY_ASSIGN(const RowSet rows, deleted_->of(file));
    wear_[i].deleted = rows.cardinality();
    const bool is_parquet = file.data().format == "parquet";
    if (is_parquet && !file.data().key_metadata) continue;
    wear_[i].is_left = true;
    leave(file.data().path,
          is_parquet ? "it is encrypted" : "it is of format " + file.data().format);
  }
  return {};
}

// What others took away, or gave positions or a vector. Returns: whether there was any.
bool TableCompaction::drop_outdated() {
  std::map<std::string, const LiveFile*> alive;
  for (const LiveFile& file : live_->files()) alive.emplace(file.data().path, &file);
  const int version = state_.metadata().format_version;
  const bool is_upgraded = version != std::exchange(format_version_, version);
  const std::size_t before = written_.size();
  std::erase_if(written_, [&](const Written& written) {
    const bool is_current =
        !is_upgraded &&
        std::all_of(written.sources.begin(), written.sources.end(), [&](const Source& source) {
          const auto at = alive.find(source.path);
          return at != alive.end() && rows_key(*at->second, written.sequence_number) == source.key;
        });
    if (!is_current) remove(written);
    return !is_current;
  });
  return written_.size() < before;
}

void TableCompaction::foretell(const std::vector<CompactBundle>& bundles) {
  LakeCompactTable facts;
  facts.table = shown_.display();
  for (const CompactBundle& bundle : bundles) {
    for (const std::size_t place : bundle) {
      const DataFile& file = live_->files()[place].data();
      ++facts.files_rewritten;
      facts.rows += positive(file.record_count) - wear_[place].deleted;
      facts.rows_deleted += wear_[place].deleted;
      facts.bytes_rewritten += positive(file.file_size);
    }
  }
  if (facts.files_rewritten > 0) out_.tables.push_back(std::move(facts));
}

Status TableCompaction::write_bundles(const std::vector<CompactBundle>& bundles) {
  std::uint64_t rows = 0;
  for (const CompactBundle& bundle : bundles) {
    for (const std::size_t place : bundle) {
      rows += positive(live_->files()[place].data().record_count) - wear_[place].deleted;
    }
  }
  if (progress_.phase) progress_.phase("rewrite", rows);
  for (const CompactBundle& bundle : bundles) {
    auto written = write(bundle);
    if (!written) return fail(refine_engine_error(written.error(), shown_.display()));
    written_.push_back(*std::move(written));
    crash_point();
  }
  return {};
}

Result<Written> TableCompaction::write(const CompactBundle& bundle) {
  Written out;
  out.sequence_number = state_.snapshot->sequence_number;
  for (const std::size_t place : bundle) {
    const LiveFile& file = live_->files()[place];
    out.sources.push_back({file.data().path, rows_key(file), positive(file.data().record_count),
                           positive(file.data().file_size)});
  }
  RowMove move;
  move.run = run_;
  move.stem =
      fmt::format("{}/{}{:06}", data_folder(state_.metadata()), upkeep_stem(run_), bundles_++);
  move.rows_done = progress_.rows_done;
  TRY_ASSIGN(move.order, order_of(state_));
  TRY_ASSIGN(MovedRows moved, move_rows(state_, engine_, live_, bundle, move));
  out.rows = moved.rows;
  for (DataFile& file : moved.files) {
    out.files.push_back(
        {*live_->files()[bundle.front()].spec, std::move(file), out.sequence_number});
  }
  return out;
}

Result<SnapshotChange> TableCompaction::change() {
  SnapshotChange out;
  out.operation = "replace";
  out.run = run_;
  out.property = kProperty;
  out.removes = done();
  for (const Written& written : written_) {
    out.moves.insert(out.moves.end(), written.files.begin(), written.files.end());
  }
  TRY_ASSIGN(out.removes_deletes, idle_deletes(*live_, out.removes, out.moves, *deleted_));
  return out;
}

// Until it is the next one, or others changed what it is made of.
Result<TableCompaction::Ended> TableCompaction::commit(bool is_last_try) {
  if (progress_.phase) progress_.phase("commit", 0);
  const auto begun = std::chrono::steady_clock::now();
  RetryPolicy policy;
  policy.cancel = engine_.cancel_token();
  policy.tries_max = std::numeric_limits<int>::max();
  for (int tries = 1;; ++tries) {
    TRY_ASSIGN(const SnapshotChange wanted, change());
    if (wanted.removes.empty() && wanted.removes_deletes.empty()) return Ended::kYes;
    TRY_ASSIGN(const UpkeepCommit done, commit_upkeep(catalog_, state_, wanted));
    if (done.outcome == CommitOutcome::kUnknown) {
      is_outcome_unknown_ = true;
      return fail(unknown_upkeep(state_, "lake compact"));
    }
    if (done.outcome == CommitOutcome::kCommitted) {
      is_committed_ = true;
      out_.snapshot = done.snapshot;
      tell();
      return Ended::kYes;
    }
    const bool is_late = std::chrono::steady_clock::now() - begun > wanted_.wait;
    if (is_late || !wait_for_retry(policy, std::min(tries, 4), 0)) {
      return fail(table_error(ErrorKind::kConflict, shown_,
                              fmt::format("others committed to it during each of {} tries", tries))
                      .advise("run `sluice lake compact` again when fewer write to it, or with a "
                              "longer --wait"));
    }
    TRY_ASSIGN(const bool is_there, load());
    if (!is_there) return Ended::kYes;
    const bool is_outdated = drop_outdated();
    if (is_outdated && !is_last_try) return Ended::kOutdated;
  }
}

void TableCompaction::leave(const std::string& file, const std::string& reason) {
  if (told_.insert(file + '\n' + reason).second) {
    out_.left.push_back({shown_.display(), file, reason});
  }
}

void TableCompaction::tell() {
  LakeCompactTable& facts = out_.tables.emplace_back();
  facts.table = shown_.display();
  std::uint64_t rows_before = 0;
  for (const Written& written : written_) {
    facts.files_rewritten += written.sources.size();
    facts.files_written += written.files.size();
    facts.rows += written.rows;
    for (const Source& source : written.sources) {
      rows_before += source.rows;
      facts.bytes_rewritten += source.bytes;
    }
    for (const MovedFile& one : written.files) facts.bytes_written += positive(one.file.file_size);
  }
  facts.rows_deleted = rows_before - facts.rows;
}

}  // namespace

Result<LakeCompactFacts> compact_tables(
    const std::vector<std::shared_ptr<const IcebergTable>>& tables, const LakeCompaction& wanted,
    IcebergCatalog& catalog, Engine& engine, const LakeProgress& progress) {
  LakeCompactFacts out;
  out.run = make_ulid();
  out.dry_run = wanted.dry_run;
  TableChoice choice(wanted.tables);
  std::vector<const IcebergTable*> chosen;
  for (const auto& table : tables) {
    if (choice.takes({table->name.space, table->name.table})) chosen.push_back(table.get());
  }
  TRY(choice.check());
  for (const IcebergTable* const one : chosen) {
    TRY(TableCompaction(*one, wanted, out.run, catalog, engine, progress, out).run());
  }
  return out;
}

}  // namespace sluice::iceberg
