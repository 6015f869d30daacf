#include "endpoint/ducklake/compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/ducklake/compact_plan.h"
#include "endpoint/ducklake/file_state.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/ducklake/rewrite_rows.h"
#include "endpoint/ducklake/run.h"
#include "endpoint/engine_error.h"
#include "endpoint/sql_names.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesMax = 5;
constexpr const char* kOutcomeUnknown = "08007";

// A bundle whose rows are written.
struct Written {
  Id table = 0;
  std::string name;
  std::string folder;
  Id snapshot = 0;
  std::vector<LakeColumn> columns;
  std::vector<FileState> sources;
  std::map<std::string, std::uint64_t> inlined_rows;
  RewrittenRows rows;
  std::vector<PastDeletions> deletions;
  std::string inlined_deletes;
  std::uint64_t bytes_read = 0;
  std::uint64_t rows_deleted = 0;
};

class Compaction {
 public:
  Compaction(const Location& location, std::unique_ptr<CatalogDatabase> database,
             const LakeCompaction& wanted, Engine& engine, const LakeProgress& progress)
      : location_(location),
        database_(std::move(database)),
        wanted_(wanted),
        engine_(engine),
        progress_(progress) {
    out_.run = make_ulid();
    out_.dry_run = wanted.dry_run;
  }

  Result<LakeCompactFacts> run() {
    const Status done = compact();
    if (!is_outcome_unknown_) {
      for (const Written& written : is_committed_ ? std::vector<Written>() : written_) {
        remove(written);
      }
    }
    if (!folder_.empty()) static_cast<void>(files().remove_below(folder_.string()));
    if (!done) return fail(done.error());
    return std::move(out_);
  }

 private:
  Status compact();
  Status write_plan(CompactPlan& plan);
  Status write_bundle(EngineConnection& connection, const CompactPlan& plan,
                      const CompactTable& table, const CompactBundle& bundle);
  void foretell(const CompactPlan& plan);
  static Status write_deletions(EngineConnection& connection, const CompactTable& table,
                                const CompactBundle& bundle, const std::string& stem,
                                Written& written);
  Result<bool> is_outdated(const Written& written, const Lake& now);
  bool drop(const std::vector<bool>& outdated, bool is_last);
  Result<bool> commit(bool is_last);
  Status commit_rewrites(DuckLakeCommit& commit, const std::string& data_path);
  Result<bool> happened();
  std::string info() const { return nlohmann::json({{"sluice_compact", out_.run}}).dump(); }
  void remove(const Written& written) const {
    const auto remove_one = [&](const std::string& name) {
      const std::string path = (fs::path(written.folder) / name).string();
      static_cast<void>(engine_.files_of(path).remove(path));
    };
    for (const auto& file : written.rows.files) remove_one(file.file.path);
    for (const auto& deletions : written.deletions) remove_one(deletions.file.path);
  }
  Files& files() const { return engine_.files_of(folder_.string()); }
  Status mark_folder();
  void tell_tables();

  const Location& location_;
  std::unique_ptr<CatalogDatabase> database_;
  const LakeCompaction& wanted_;
  Engine& engine_;
  const LakeProgress& progress_;
  fs::path folder_;
  std::vector<Written> written_;
  int bundles_ = 0;
  bool is_committed_ = false;
  bool is_outcome_unknown_ = false;
  LakeCompactFacts out_;
};

Status Compaction::compact() {
  for (out_.tries = 1;; ++out_.tries) {
    if (progress_.phase) progress_.phase("read the catalog", 0);
    CompactDone done;
    for (const Written& written : written_) {
      for (const FileState& file : written.sources) done.files.insert(file.id);
      if (!written.inlined_rows.empty()) done.inlined.insert(written.table);
    }
    TRY_ASSIGN(CompactPlan plan, plan_compaction(*database_, wanted_, done, engine_));
    out_.left = plan.left;
    if (wanted_.dry_run) foretell(plan);
    const Status wrote = wanted_.dry_run ? Status{} : write_plan(plan);
    close_plan(plan, engine_);
    TRY(wrote);
    if (written_.empty()) return {};
    crash_point();
    if (progress_.phase) progress_.phase("commit", 0);
    TRY_ASSIGN(const bool committed, commit(out_.tries == kTriesMax));
    if (!committed) continue;
    tell_tables();
    return {};
  }
}

void Compaction::foretell(const CompactPlan& plan) {
  for (const CompactTable& table : plan.tables) {
    if (table.bundles.empty()) continue;
    LakeCompactTable& facts = out_.tables.emplace_back();
    facts.table = table.table.name.display();
    for (const CompactBundle& bundle : table.bundles) {
      for (const std::size_t index : bundle.files) {
        const LakeFile& file = table.table.files[index];
        const std::uint64_t deleted = std::min(table.deleted(file), file.row.rows);
        ++facts.files_rewritten;
        facts.rows += file.row.rows - deleted;
        facts.rows_deleted += deleted;
        facts.bytes_rewritten += file.row.bytes;
      }
      if (!bundle.has_inlined) continue;
      facts.rows += table.inlined.rows;
      facts.rows_in_catalog += table.inlined.rows;
    }
  }
}

Status Compaction::write_plan(CompactPlan& plan) {
  std::uint64_t rows = 0;
  for (const CompactTable& table : plan.tables) {
    for (const CompactBundle& bundle : table.bundles) {
      for (const std::size_t file : bundle.files) rows += table.table.files[file].row.rows;
      if (bundle.has_inlined) rows += table.inlined.rows;
    }
  }
  if (progress_.phase) progress_.phase("rewrite", rows);
  TRY_ASSIGN(const auto connection, engine_.connect());
  for (const CompactTable& table : plan.tables) {
    for (const CompactBundle& bundle : table.bundles) {
      folder_ = run_folder(plan.data_path, out_.run);
      TRY(mark_folder());
      TRY(write_bundle(*connection, plan, table, bundle));
      crash_point();
    }
  }
  return {};
}

// As long as the folder is there nobody takes the new files for orphans, and it is as young as the
// newest of them.
Status Compaction::mark_folder() {
  if (files().is_local()) return make_folders(folder_);
  return files().write((folder_ / "compact.json").string(), info());
}

Status Compaction::write_bundle(EngineConnection& connection, const CompactPlan& plan,
                                const CompactTable& table, const CompactBundle& bundle) {
  Written written;
  written.table = table.table.row.id;
  written.name = table.table.name.display();
  written.folder = table.table.folder;
  written.snapshot = plan.snapshot;
  written.columns = table.table.columns;
  for (const std::size_t index : bundle.files) {
    const LakeFile& file = table.table.files[index];
    written.sources.push_back(state_of(file, table.inlined_deletes));
    written.bytes_read += file.row.bytes;
    written.rows_deleted += std::min(table.deleted(file), file.row.rows);
  }
  if (bundle.has_inlined) written.inlined_rows = table.inlined_rows;
  const RewritePlace place{out_.run, fmt::format("{}-{:06}", staging_prefix(out_.run), bundles_++),
                           folder_ / "bundle", &engine_.files_of(table.table.folder)};
  TRY_ASSIGN(written.rows,
             rewrite_rows(connection, table, bundle, plan.snapshot, place, progress_.rows_done));
  const Status deleted = write_deletions(connection, table, bundle, place.stem, written);
  written_.push_back(std::move(written));
  return deleted;
}

// Before the rows of the catalog that delete them go.
Status Compaction::write_deletions(EngineConnection& connection, const CompactTable& table,
                                   const CompactBundle& bundle, const std::string& stem,
                                   Written& written) {
  static const std::vector<LakeDeletes> kNone;
  written.inlined_deletes = table.table.inlined_deletes;
  for (const std::size_t index : bundle.files) {
    const LakeFile& file = table.table.files[index];
    if (!file.has_inlined_deletes) continue;
    const auto before = table.deletion_files.find(file.row.id);
    const std::string name = fmt::format("{}-delete-{}.parquet", stem, file.row.id);
    auto deletions = write_past_deletions(
        connection, table.table, file,
        before == table.deletion_files.end() ? kNone : before->second, table.inlined.deletes, name);
    if (!deletions) return fail(refine_engine_error(deletions.error(), table.table.folder));
    written.deletions.push_back(*std::move(deletions));
  }
  return {};
}

// Requires: begin_write().
Result<bool> Compaction::is_outdated(const Written& written, const Lake& now) {
  const auto table =
      std::find_if(now.tables.begin(), now.tables.end(),
                   [&](const LakeTable& other) { return other.row.id == written.table; });
  if (table == now.tables.end() || table->folder != written.folder) return true;
  const auto is_same = [](const LakeColumn& a, const LakeColumn& b) {
    return a.row.id == b.row.id && a.row.name == b.row.name && a.type == b.type;
  };
  if (!std::equal(table->columns.begin(), table->columns.end(), written.columns.begin(),
                  written.columns.end(), is_same)) {
    return true;
  }
  TRY_ASSIGN(const auto inlined_deletes, count_inlined_deletes(*database_, *table));
  std::map<Id, FileState> alive;
  for (const LakeFile& file : table->files) alive[file.row.id] = state_of(file, inlined_deletes);
  for (const FileState& source : written.sources) {
    const auto at = alive.find(source.id);
    if (at == alive.end() || at->second != source) return true;
  }
  for (const auto& [inlined, rows] : written.inlined_rows) {
    TRY_ASSIGN(const std::uint64_t left, count_inlined_rows(*database_, inlined, written.snapshot));
    if (left != rows) return true;
  }
  return false;
}

Status Compaction::commit_rewrites(DuckLakeCommit& commit, const std::string& data_path) {
  std::map<Id, std::vector<const Written*>> by_table;
  for (const Written& written : written_) by_table[written.table].push_back(&written);
  for (const auto& [table, parts] : by_table) {
    LakeRewrite rewrite;
    rewrite.data_path = data_path;
    for (const Written* const part : parts) {
      for (const FileState& source : part->sources) rewrite.ended.push_back(source.id);
      for (const auto& [inlined, rows] : part->inlined_rows) {
        rewrite.ended_inlined.push_back(inlined);
        rewrite.inlined_until = part->snapshot;
      }
      rewrite.deletions.insert(rewrite.deletions.end(), part->deletions.begin(),
                               part->deletions.end());
      rewrite.inlined_deletes = part->inlined_deletes;
      rewrite.files.insert(rewrite.files.end(), part->rows.files.begin(), part->rows.files.end());
    }
    TRY(commit.rewrite(table, parts.front()->columns, rewrite));
  }
  TRY(commit.finish("sluice", "sluice lake compact " + out_.run, info()));
  out_.snapshot = commit.snapshot();
  return {};
}

// Returns: whether all are still there.
bool Compaction::drop(const std::vector<bool>& outdated, bool is_last) {
  std::vector<Written> current;
  for (std::size_t i = 0; i < written_.size(); ++i) {
    if (!outdated[i]) {
      current.push_back(std::move(written_[i]));
      continue;
    }
    remove(written_[i]);
    if (is_last) out_.left.push_back({written_[i].name, "", "others changed it again and again"});
  }
  const bool is_whole = current.size() == written_.size();
  written_ = std::move(current);
  return is_whole;
}

// Returns: false where others changed what was read, and it is to be read again.
Result<bool> Compaction::commit(bool is_last) {
  TRY(database_->begin_write(std::max(wanted_.wait, std::chrono::milliseconds(1))));
  const auto act = [&]() -> Result<bool> {
    TRY_ASSIGN(const Lake now, DuckLakeCatalog(*database_, "").load({}));
    std::vector<bool> outdated;
    for (const Written& written : written_) {
      TRY_ASSIGN(const bool is, is_outdated(written, now));
      outdated.push_back(is);
    }
    const bool is_whole = drop(outdated, is_last);
    if (!is_whole && !is_last) return false;
    if (written_.empty()) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("others changed what was to be compacted, {} times", kTriesMax))
                      .about(location_.display())
                      .advise("try again when the lake is quieter"));
    }
    TRY_ASSIGN(DuckLakeCommit commit, DuckLakeCommit::begin(*database_));
    TRY(commit_rewrites(commit, now.data_path));
    crash_point();
    const Status done = database_->commit();
    crash_point();
    if (done) return is_committed_ = true;
    if (done.error().vendor_code != kOutcomeUnknown) return fail(done.error());
    is_outcome_unknown_ = true;
    TRY_ASSIGN(is_committed_, happened());
    is_outcome_unknown_ = false;
    if (is_committed_) return true;
    return fail(done.error());
  };
  auto committed = act();
  database_->end();
  return committed;
}

// After a commit of which nobody knows: the catalog is asked, over a connection of its own.
Result<bool> Compaction::happened() {
  TRY_ASSIGN(database_, open_catalog(location_, engine_, {true, engine_.cancel_token()}));
  TRY(database_->begin_read());
  auto found = DuckLakeCatalog(*database_, "").newest_with_info({info()});
  database_->end();
  TRY_ASSIGN(const auto snapshot, std::move(found));
  return snapshot.has_value();
}

void Compaction::tell_tables() {
  std::map<std::string, LakeCompactTable> tables;
  for (const Written& written : written_) {
    LakeCompactTable& facts = tables[written.name];
    facts.table = written.name;
    facts.files_rewritten += written.sources.size();
    facts.files_written += written.rows.files.size();
    facts.rows += written.rows.rows;
    facts.rows_deleted += written.rows_deleted;
    for (const auto& [inlined, rows] : written.inlined_rows) facts.rows_in_catalog += rows;
    facts.bytes_rewritten += written.bytes_read;
    for (const auto& file : written.rows.files) facts.bytes_written += file.file.bytes;
  }
  for (auto& [name, facts] : tables) out_.tables.push_back(std::move(facts));
}

}  // namespace

Result<LakeCompactFacts> compact_lake(const Location& location,
                                      std::unique_ptr<CatalogDatabase> database,
                                      const LakeCompaction& wanted, Engine& engine,
                                      const LakeProgress& progress) {
  return Compaction(location, std::move(database), wanted, engine, progress).run();
}

}  // namespace sluice::ducklake
