#include "endpoint/delta/expire.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/delta/check_history.h"
#include "endpoint/delta/history.h"
#include "endpoint/delta/staging_folders.h"
#include "endpoint/delta/table_files.h"
#include "endpoint/delta/table_state.h"
#include "endpoint/file_ledger.h"
#include "format/delta/deletion_vector.h"
#include "format/delta/log_path.h"
#include "format/delta/write_gate.h"
#include "lake_catalog/write_delta_checkpoint.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMicrosPerMilli = 1000;

// When a file was last written or given another name; nothing for one that is not there.
std::optional<std::int64_t> touched_ms(const fs::path& path, Files& files) {
  if (!files.is_local()) {
    const auto found = files.find(path.native());
    return found && *found ? std::optional((*found)->modified_ms) : std::nullopt;
  }
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
  const auto ms = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
  };
  return std::max(ms(found.st_mtim), ms(found.st_ctim));
}

// The whole paths of a file and of its deletion vector.
template <typename Action>
std::vector<std::string> paths_of(const std::string& folder, const Action& action) {
  std::vector<std::string> out;
  if (const auto path = file_path(folder, action.path)) out.push_back(plain_path(*path));
  if (!action.deletion_vector || action.deletion_vector->storage == 'i') return out;
  if (const auto path = vector_file(*action.deletion_vector, folder)) {
    out.push_back(plain_path(*path));
  }
  return out;
}

class TableExpiry {
 public:
  TableExpiry(fs::path root, const FoundTable& found, const LakeExpiry& wanted, Engine& engine,
              LakeExpireFacts& out)
      : found_(found),
        name_(found.name.display()),
        folder_(found.folder.string()),
        wanted_(wanted),
        engine_(engine),
        files_(engine.files_of(folder_)),
        out_(out) {
    staging_ = staging_folders({std::move(root), found.folder, found.folder.parent_path()}, files_);
  }

  Status run() {
    // Before the log is read: what is committed between the two is no orphan.
    if (wanted_.orphans) {
      TRY_ASSIGN(on_disk_, table_files(found_.folder, files_));
    }
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(found_.folder, name_, engine_));
    TRY_ASSIGN(const std::vector<DeltaCommit> commits, log.history());
    TRY_ASSIGN(const Version newest, log.newest());
    TRY(choose(log, commits, newest));
    TRY(read_log(log, commits));
    if (!wanted_.dry_run) TRY(make_checkpoint(log));
    crash_point();
    TRY(see_newer(newest));
    TRY(delete_dead());
    if (wanted_.orphans) TRY(delete_orphans());
    return delete_log_entries(log);
  }

 private:
  Status choose(const DeltaLog& log, const std::vector<DeltaCommit>& commits, Version newest);
  Status read_log(const DeltaLog& log, const std::vector<DeltaCommit>& commits);
  Status make_checkpoint(const DeltaLog& log);
  Status see_newer(Version newest);
  Status delete_dead();
  Result<std::set<std::string>> those_there() const;
  Result<std::int64_t> newest_below(const std::string& folder) const;
  Status delete_orphans();
  Status delete_unfinished();
  void delete_staging(const StagingFolder& staging);
  Status delete_log_entries(const DeltaLog& log);
  bool remove(const std::string& path, std::int64_t since_ms, std::vector<LakeDeadFile>& gone);

  void need(const AddFile& file) {
    for (std::string& path : paths_of(folder_, file)) needed_.insert(std::move(path));
  }
  template <typename Action>
  void name(const Action& action, std::int64_t since_ms) {
    for (const std::string& path : paths_of(folder_, action)) {
      auto [at, is_new] = named_.try_emplace(path, since_ms);
      at->second = std::max(at->second, since_ms);
    }
  }
  bool is_old(std::int64_t since_ms) const {
    return since_ms <= now_unix_ms() - wanted_.grace.count();
  }

  const FoundTable& found_;
  std::string name_;
  std::string folder_;
  const LakeExpiry& wanted_;
  Engine& engine_;
  Files& files_;
  LakeExpireFacts& out_;
  std::vector<StagingFolder> staging_;
  std::vector<TableFile> on_disk_;
  Version first_kept_ = 0;
  std::int64_t first_kept_ms_ = 0;
  bool has_entries_to_go_ = false;
  std::set<std::string> needed_;               // by some kept version
  std::map<std::string, std::int64_t> named_;  // by the log; since when a dead one was of no use
};

// The newest version stays whatever is asked for.
Status TableExpiry::choose(const DeltaLog& log, const std::vector<DeltaCommit>& commits,
                           Version newest) {
  first_kept_ = newest;
  first_kept_ms_ = commits.empty() ? now_unix_ms() : commits.back().time_ms;
  for (std::size_t i = commits.size(); i-- > 0;) {
    const bool is_among_newest =
        wanted_.keep && i + std::max<std::uint64_t>(*wanted_.keep, 1) >= commits.size();
    const bool is_young =
        wanted_.before_us && commits[i].time_ms * kMicrosPerMilli >= *wanted_.before_us;
    if (!is_among_newest && !is_young) break;
    first_kept_ = commits[i].version;
    first_kept_ms_ = commits[i].time_ms;
  }
  const auto back = version_to_go_back_to(staging_, found_.folder, files_);
  if (back && *back < first_kept_) {
    first_kept_ = *back;
    out_.left.push_back({name_, "",
                         fmt::format("a run may go back to version {}: `sluice forget` "
                                     "ends that",
                                     *back)});
  }
  for (const DeltaCommit& commit : commits) {
    if (commit.version >= first_kept_) {
      ++out_.kept;
      continue;
    }
    has_entries_to_go_ = true;
    TRY_ASSIGN(LakeSnapshotFacts facts, snapshot_facts(log, commit.version));
    out_.expired.push_back(std::move(facts));
  }
  return {};
}

Status TableExpiry::read_log(const DeltaLog& log, const std::vector<DeltaCommit>& commits) {
  TRY_ASSIGN(const Snapshot first, log.load(first_kept_));
  TRY_ASSIGN(const TableSchema schema, read_schema(first.metadata, first.protocol, name_));
  TRY(check_can_write(first.protocol, first.metadata, schema, WriteKind::kUpkeep, name_));
  for (const LiveFile& file : first.files) need(file.add);
  for (const RemoveFile& file : first.tombstones) {
    name(file, file.deleted_ms.value_or(first_kept_ms_));
  }
  for (const DeltaCommit& commit : commits) {
    TRY_ASSIGN(const Actions actions, log.commit(commit.version));
    if (commit.version > first_kept_) {
      for (const AddFile& file : actions.adds) need(file);
      continue;
    }
    for (const AddFile& file : actions.adds) name(file, 0);
    for (const RemoveFile& file : actions.removes) {
      name(file, file.deleted_ms.value_or(commit.time_ms));
    }
  }
  return {};
}

// Entries that go are told by a checkpoint of the first version that stays.
Status TableExpiry::make_checkpoint(const DeltaLog& log) {
  if (!has_entries_to_go_) return {};
  const auto& known = log.listing().checkpoints;
  const bool is_there = std::any_of(known.begin(), known.end(), [&](const CheckpointFiles& one) {
    return one.version == first_kept_;
  });
  if (is_there) return {};
  return write_delta_checkpoint({found_.folder, name_, first_kept_, make_ulid()}, engine_);
}

// A writer may have brought an old file back meanwhile.
Status TableExpiry::see_newer(Version newest) {
  TRY_ASSIGN(const DeltaLog log, DeltaLog::open(found_.folder, name_, engine_));
  for (const CommitFile& commit : log.listing().commits) {
    if (commit.version <= newest) continue;
    TRY_ASSIGN(const Actions actions, log.commit(commit.version));
    for (const AddFile& file : actions.adds) need(file);
  }
  return {};
}

// Returns: whether it is gone.
bool TableExpiry::remove(const std::string& path, std::int64_t since_ms,
                         std::vector<LakeDeadFile>& gone) {
  const auto found = files_.find(path);
  LakeDeadFile facts{path, found && *found ? (*found)->bytes : 0, format_rfc3339(since_ms)};
  if (!is_old(since_ms)) {
    out_.waiting.push_back(std::move(facts));
    return false;
  }
  if (!wanted_.dry_run) {
    if (const Status removed = files_.remove(path); !removed) {
      out_.left.push_back({name_, path, removed.error().message});
      return false;
    }
  }
  gone.push_back(std::move(facts));
  return true;
}

// Of the files that the log names.
Result<std::set<std::string>> TableExpiry::those_there() const {
  std::set<std::string> out;
  if (files_.is_local()) {
    std::error_code code;
    for (const auto& [path, since_ms] : named_) {
      if (fs::exists(path, code)) out.insert(path);
    }
    return out;
  }
  TRY_ASSIGN(const auto found, files_.list_below(folder_ + "/"));
  for (const FoundFile& file : found) out.insert(file.path);
  return out;
}

Status TableExpiry::delete_dead() {
  const std::string below = plain_path(folder_) + "/";
  TRY_ASSIGN(const std::set<std::string> there, those_there());
  for (const auto& [path, since_ms] : named_) {
    if (needed_.contains(path) || !there.contains(path)) continue;
    if (!path.starts_with(below)) {
      out_.left.push_back({name_, path, "it is not below the table: others may have it too"});
      continue;
    }
    // Of one that was only added again, with other deletions, nobody said when it went.
    if (remove(path, since_ms == 0 ? first_kept_ms_ : since_ms, out_.deleted)) crash_point();
  }
  return {};
}

// Elsewhere than on this machine only the files of a folder have times.
Result<std::int64_t> TableExpiry::newest_below(const std::string& folder) const {
  std::int64_t newest = 0;
  if (files_.is_local()) newest = touched_ms(folder, files_).value_or(now_unix_ms());
  TRY_ASSIGN(const auto found, files_.list_below(folder + "/"));
  for (const FoundFile& file : found) {
    newest = std::max(newest, touched_ms(file.path, files_).value_or(now_unix_ms()));
  }
  return newest;
}

// A folder without a ledger is of a program that did not end well: it has nothing to go back to.
void TableExpiry::delete_staging(const StagingFolder& staging) {
  if (FileLedger(fs::path(staging.path) / FileLedger::kName, files_).exists()) return;
  const auto newest = newest_below(staging.path);
  if (!newest || !is_old(*newest)) return;
  if (!wanted_.dry_run) {
    if (const Status removed = files_.remove_below(staging.path); !removed) {
      out_.left.push_back({name_, staging.path, removed.error().message});
      return;
    }
  }
  out_.orphans.push_back({staging.path, 0, format_rfc3339(*newest)});
}

Status TableExpiry::delete_orphans() {
  std::erase_if(staging_, [&](const StagingFolder& staging) {
    delete_staging(staging);
    return !files_.has_folder(staging.path).value_or(true);
  });
  for (const TableFile& file : on_disk_) {
    const std::string path = plain_path(file.path);
    if (needed_.contains(path) || named_.contains(path) || is_of_a_run(staging_, path)) continue;
    if (const auto since = touched_ms(path, files_)) remove(path, *since, out_.orphans);
  }
  return delete_unfinished();
}

// What a commit or a checkpoint of sluice leaves in the log when it is cut off: no reader sees it.
Status TableExpiry::delete_unfinished() {
  std::vector<std::string> found;
  TRY_ASSIGN(const auto entries, files_.list((found_.folder / DeltaLog::kFolder).string()));
  for (const FoundFile& entry : entries) {
    const std::string name = fs::path(entry.path).filename().string();
    const bool is_kept = std::any_of(
        staging_.begin(), staging_.end(),
        [&](const StagingFolder& one) { return name.starts_with(unfinished_log_prefix(one.run)); });
    if (name.starts_with(".sluice_") && !is_kept) found.push_back(entry.path);
  }
  for (const std::string& path : found) {
    if (const auto since = touched_ms(path, files_)) remove(path, *since, out_.orphans);
  }
  return {};
}

// Checkpoints before commits: what is left of a version whose commits go could not be read. Commits
// from the oldest on, so that those that stay have no gap.
Status TableExpiry::delete_log_entries(const DeltaLog& log) {
  if (!has_entries_to_go_) return {};
  std::vector<std::string> names;
  TRY_ASSIGN(const auto entries, files_.list((found_.folder / DeltaLog::kFolder).string()));
  std::map<std::string, std::uint64_t> there;
  for (const FoundFile& entry : entries) there[entry.path] = entry.bytes;
  for (const CheckpointFiles& one : log.listing().checkpoints) {
    if (one.version >= first_kept_) continue;
    names.insert(names.end(), one.names.begin(), one.names.end());
  }
  for (const CompactedFile& one : log.listing().compacted) {
    if (one.first < first_kept_) names.push_back(one.name);
  }
  for (const CommitFile& one : log.listing().commits) {
    if (one.version >= first_kept_) continue;
    const std::string checksum = fs::path(one.file.name).stem().string() + ".crc";
    if (there.contains(log.log_path(checksum).string())) names.push_back(checksum);
    names.push_back(one.file.name);
  }
  for (const std::string& one : names) {
    const fs::path path = log.log_path(one);
    LakeDeadFile facts{path.string(), there[path.string()], format_rfc3339(first_kept_ms_)};
    if (!wanted_.dry_run) {
      crash_point();
      TRY(files_.remove(path.string()));
    }
    out_.deleted.push_back(std::move(facts));
  }
  return {};
}

}  // namespace

Result<LakeExpireFacts> expire_tables(const fs::path& root, const std::vector<FoundTable>& found,
                                      const LakeExpiry& wanted, Engine& engine) {
  LakeExpireFacts out;
  out.dry_run = wanted.dry_run;
  for (const FoundTable& one : found) {
    TRY(TableExpiry(root, one, wanted, engine, out).run());
  }
  return out;
}

}  // namespace sluice::delta
