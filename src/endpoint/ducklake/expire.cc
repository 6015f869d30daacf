#include "endpoint/ducklake/expire.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/ducklake/catalog_reading.h"
#include "endpoint/ducklake/difference.h"
#include "endpoint/ducklake/walk_files.h"
#include "endpoint/file_ledger.h"
#include "endpoint/sql_names.h"
#include "format/ducklake/check_files.h"
#include "format/ducklake/lake_path.h"
#include "format/ducklake/moments.h"
#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_expiry.h"
#include "lake_catalog/ducklake_records.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMicrosInMilli = 1000;

// When a file was last written or given another name, in milliseconds since 1970; nothing for one
// that is not there.
std::optional<std::int64_t> touched_ms(const std::string& path, Files& files) {
  if (!files.is_local()) {
    const auto found = files.find(path);
    return found && *found ? std::optional((*found)->modified_ms) : std::nullopt;
  }
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
  const auto ms = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
  };
  return std::max(ms(found.st_mtim), ms(found.st_ctim));
}

std::uint64_t bytes_of(const std::string& path, Files& files) {
  const auto found = files.find(path);
  return found && *found ? (*found)->bytes : 0;
}

class ExpiryRun {
 public:
  ExpiryRun(CatalogDatabase& database, std::string data_path, const LakeExpiry& wanted,
            Engine& engine)
      : database_(database), data_path_(std::move(data_path)), wanted_(wanted), engine_(engine) {
    out_.dry_run = wanted.dry_run;
  }

  Result<LakeExpireFacts> run() {
    if (wanted_.orphans) TRY(walk());
    TRY(expire());
    crash_point();
    TRY(delete_scheduled());
    if (wanted_.orphans) TRY(delete_orphans());
    return std::move(out_);
  }

 private:
  Status walk();
  Status expire();
  std::set<Id> choose(const LakeRecords& records);
  Status delete_scheduled();
  Status delete_orphans();
  void delete_staging(const FoundStaging& staging);
  Result<std::int64_t> newest_below(const fs::path& folder);
  bool remove(const std::string& path);
  bool is_old(std::int64_t since_ms) const { return since_ms <= now_ms_ - wanted_.grace.count(); }

  CatalogDatabase& database_;
  std::string data_path_;
  const LakeExpiry& wanted_;
  Engine& engine_;
  std::int64_t now_ms_ = now_unix_ms();
  FoundFiles found_;
  std::vector<std::string> scheduled_now_;
  LakeExpireFacts out_;
};

// Before the catalog is read: what is committed between the two is no orphan.
Status ExpiryRun::walk() {
  std::string folder;
  {
    TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(database_));
    TRY_ASSIGN(folder, DuckLakeCatalog(database_, data_path_).data_path());
  }
  TRY_ASSIGN(found_, walk_files(folder, engine_.files_of(folder)));
  return {};
}

// The newest snapshot stays whatever is asked for.
std::set<Id> ExpiryRun::choose(const LakeRecords& records) {
  std::set<Id> expired;
  for (std::size_t i = 0; i + 1 < records.snapshots.size(); ++i) {
    const SnapshotRow& row = records.snapshots[i];
    const bool is_among_newest =
        wanted_.keep && i + std::max<std::uint64_t>(*wanted_.keep, 1) >= records.snapshots.size();
    const auto time = parse_moment(row.time);
    const bool is_young = wanted_.before_us && (!time || *time >= *wanted_.before_us);
    if (is_among_newest || is_young) continue;
    expired.insert(row.id);
    out_.expired.push_back(snapshot_facts(records, row));
  }
  out_.kept = records.snapshots.size() - expired.size();
  return expired;
}

Status ExpiryRun::expire() {
  TRY(wanted_.dry_run
          ? database_.begin_read()
          : database_.begin_write(std::max(wanted_.wait, std::chrono::milliseconds(1))));
  const auto act = [&]() -> Status {
    TRY_ASSIGN(const LakeRecords records, read_records(database_, data_path_, RecordParts::kFiles));
    const std::set<Id> expired = choose(records);
    TRY_ASSIGN(scheduled_now_, expire_snapshots(database_, records, expired, wanted_.dry_run));
    out_.scheduled = scheduled_now_.size();
    if (wanted_.dry_run || (expired.empty() && scheduled_now_.empty())) return {};
    crash_point();
    return database_.commit();
  };
  const Status done = act();
  database_.end();
  return done;
}

// Returns: whether it is gone.
bool ExpiryRun::remove(const std::string& path) {
  if (wanted_.dry_run) return true;
  const Status removed = engine_.files_of(path).remove(path);
  if (removed) return true;
  out_.left.push_back({"", path, removed.error().message});
  return false;
}

Status ExpiryRun::delete_scheduled() {
  now_ms_ = now_unix_ms();  // not before what this run scheduled
  std::vector<ScheduledDeletion> scheduled;
  std::set<std::string> known;
  {
    TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(database_));
    TRY_ASSIGN(const LakeRecords records, read_records(database_, data_path_, RecordParts::kFiles));
    TRY_ASSIGN(scheduled, scheduled_deletions(database_, records.data_path));
    const FilePaths paths = paths_of(records, [](Id) { return true; });
    for (const auto& [id, path] : paths.files) known.insert(plain_path(path));
    for (const auto& [id, path] : paths.deletes) known.insert(plain_path(path));
  }
  std::vector<ScheduledDeletion> gone;
  for (const ScheduledDeletion& file : scheduled) {
    const auto since_us = parse_moment(file.since);
    LakeDeadFile facts{file.whole_path,
                       bytes_of(file.whole_path, engine_.files_of(file.whole_path)),
                       moment_text(file.since)};
    if (known.contains(plain_path(file.whole_path))) {
      out_.left.push_back({"", file.whole_path, "it is scheduled for deletion, and in use"});
    } else if (!since_us || !is_old(*since_us / kMicrosInMilli)) {
      out_.waiting.push_back(std::move(facts));
    } else if (remove(file.whole_path)) {
      gone.push_back(file);
      out_.deleted.push_back(std::move(facts));
      crash_point();
    }
  }
  if (wanted_.dry_run) {
    const std::string now = format_rfc3339(now_ms_);
    for (const std::string& path : scheduled_now_) {
      auto& list = wanted_.grace.count() == 0 ? out_.deleted : out_.waiting;
      list.push_back({path, bytes_of(path, engine_.files_of(path)), now});
    }
    return {};
  }
  if (gone.empty()) return {};
  TRY(database_.begin_write(std::max(wanted_.wait, std::chrono::milliseconds(1))));
  Status done = forget_scheduled(database_, gone);
  crash_point();
  if (done) done = database_.commit();
  database_.end();
  return done;
}

// Elsewhere than on this machine only the files of a folder have times.
Result<std::int64_t> ExpiryRun::newest_below(const fs::path& folder) {
  Files& files = engine_.files_of(folder.string());
  std::int64_t newest = 0;
  if (!files.is_local()) {
    TRY_ASSIGN(const auto found, files.list_below(folder.string() + "/"));
    for (const FoundFile& file : found) newest = std::max(newest, file.modified_ms);
    return newest;
  }
  std::error_code code;
  newest = touched_ms(folder.string(), files).value_or(now_ms_);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, code)) {
    newest = std::max(newest, touched_ms(entry.path().string(), files).value_or(now_ms_));
  }
  if (code) return fail(errno_error(code.value(), "read folder", folder));
  return newest;
}

// A folder without a ledger is of a program that did not end well: it has nothing to go back to.
void ExpiryRun::delete_staging(const FoundStaging& staging) {
  const fs::path folder = staging.folder.path;
  Files& files = engine_.files_of(folder.string());
  if (FileLedger(folder / FileLedger::kName, files).exists()) return;
  const auto newest = newest_below(folder);
  if (!newest || !is_old(*newest)) return;
  const Status removed = wanted_.dry_run ? Status() : files.remove_below(folder.string());
  if (!removed) {
    out_.left.push_back({"", folder.string(), removed.error().message});
    return;
  }
  out_.orphans.push_back({folder.string(), 0, format_rfc3339(*newest)});
}

Status ExpiryRun::delete_orphans() {
  std::set<std::string> known;
  {
    TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(database_));
    TRY_ASSIGN(const LakeRecords records, read_records(database_, data_path_, RecordParts::kFiles));
    const FilePaths paths = paths_of(records, [](Id) { return true; });
    for (const auto& [id, path] : paths.files) known.insert(plain_path(path));
    for (const auto& [id, path] : paths.deletes) known.insert(plain_path(path));
    TRY_ASSIGN(const auto scheduled, scheduled_deletions(database_, records.data_path));
    for (const ScheduledDeletion& file : scheduled) known.insert(plain_path(file.whole_path));
  }
  for (const LakeDeadFile& file : out_.deleted) known.insert(plain_path(file.path));
  for (const FoundStaging& staging : found_.staging) delete_staging(staging);
  const auto is_of_a_run = [&](const std::string& path) {
    const std::string name = to_lower(fs::path(path).filename().string());
    return std::any_of(found_.staging.begin(), found_.staging.end(), [&](const auto& staging) {
      const std::string& folder = staging.folder.path;
      return name.starts_with(staging_prefix(staging.folder.run)) &&
             engine_.files_of(folder).has_folder(folder).value_or(true);
    });
  };
  for (const std::string& path : found_.files) {
    if (known.contains(path) || is_of_a_run(path)) continue;
    const auto since = touched_ms(path, engine_.files_of(path));
    if (!since) continue;
    LakeDeadFile facts{path, bytes_of(path, engine_.files_of(path)), format_rfc3339(*since)};
    if (!is_old(*since)) {
      out_.waiting.push_back(std::move(facts));
    } else if (remove(path)) {
      out_.orphans.push_back(std::move(facts));
    }
  }
  return {};
}

}  // namespace

Result<LakeExpireFacts> expire_lake(CatalogDatabase& database, const std::string& data_path,
                                    const LakeExpiry& wanted, Engine& engine) {
  return ExpiryRun(database, data_path, wanted, engine).run();
}

}  // namespace sluice::ducklake
