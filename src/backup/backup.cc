#include "backup/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.h"
#include "base/file.h"
#include "base/remove_path.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kBackupVersion = 1;
constexpr std::string_view kDescription = ".json";
constexpr std::string_view kUnfinished = ".unfinished";

fs::path folder_of(const fs::path& state_folder) { return state_folder / "backups"; }

// What a copy takes at most: the file and the log beside it.
Result<std::uint64_t> bytes_at(const Location& location) {
  std::uint64_t bytes = 0;
  for (const char* tail : {"", "-wal", ".wal"}) {
    const fs::path path = location.path + tail;
    std::error_code code;
    const std::uintmax_t size = fs::file_size(path, code);
    if (!code) {
      bytes += size;
    } else if (*tail == '\0') {
      return fail(errno_error(code.value(), "back up", path));
    }
  }
  return bytes;
}

Status check_space(const Location& location, const fs::path& folder) {
  TRY_ASSIGN(const std::uint64_t needed, bytes_at(location));
  TRY_ASSIGN(const std::uint64_t free, free_bytes(folder));
  if (needed <= free) return {};
  return fail(Error(ErrorKind::kLimit,
                    fmt::format("cannot back up \"{}\": it takes {} bytes, \"{}\" has {} free",
                                location.display(), needed, folder.string(), free))
                  .about(folder.string())
                  .advise("free some space, choose another folder with --state, or --no-backup"));
}

std::string encode(const BackupRecord& record) {
  const Json json = {
      {"sluice_backup", kBackupVersion}, {"run", record.run},
      {"location", record.location},     {"file", fs::path(record.file).filename().string()},
      {"bytes", record.bytes},           {"sha256", record.sha256},
      {"created_at", record.created_at}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<BackupRecord> read_description(const fs::path& path) {
  TRY_ASSIGN(const std::string text, read_file(path));
  const Json json = Json::parse(text, nullptr, false);
  try {
    const int version = json.at("sluice_backup");
    if (version != kBackupVersion) {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("backup \"{}\" has version {}, this sluice reads {}",
                                    path.string(), version, kBackupVersion))
                      .about(path.string()));
    }
    const std::string file = json.at("file");
    return BackupRecord{json.at("run"),   json.at("location"), path.parent_path() / file,
                        json.at("bytes"), json.at("sha256"),   json.at("created_at")};
  } catch (const Json::exception& problem) {
    return fail(Error(ErrorKind::kCorrupt, fmt::format("description of a backup \"{}\": {}",
                                                       path.string(), problem.what()))
                    .about(path.string()));
  }
}

Result<std::optional<BackupRecord>> find_backup(const fs::path& state_folder,
                                                const std::string& run) {
  TRY_ASSIGN(const std::vector<BackupRecord> records, list_backups(state_folder));
  for (const BackupRecord& record : records) {
    if (record.run == run) return record;
  }
  return std::nullopt;
}

// Discards an unfinished copy when it leaves the scope.
class UnfinishedCopy {
 public:
  explicit UnfinishedCopy(fs::path path) : path_(std::move(path)) { discard(); }
  UnfinishedCopy(const UnfinishedCopy&) = delete;
  UnfinishedCopy& operator=(const UnfinishedCopy&) = delete;
  ~UnfinishedCopy() { discard(); }
  const fs::path& path() const { return path_; }
  [[nodiscard]] Status commit(const fs::path& target) const {
    TRY(sync_file(path_));
    return rename_durably(path_, target);
  }

 private:
  void discard() const {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  fs::path path_;
};

}  // namespace

Result<BackupRecord> create_backup(Endpoint& endpoint, const Location& location,
                                   const fs::path& state_folder, const std::string& run) {
  if (location.path.empty()) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("no backup of \"{}\": it is not a file; what a run replaces is "
                                  "kept in the target",
                                  location.display()))
                    .about(location.display()));
  }
  TRY_ASSIGN(const std::optional<BackupRecord> known, find_backup(state_folder, run));
  if (known) {
    TRY(verify_backup(*known));
    return *known;
  }
  std::error_code code;
  if (fs::is_directory(location.path, code)) {
    return fail(
        Error(ErrorKind::kUnsupported,
              fmt::format("no backup of \"{}\": it is a folder; what a run replaces is kept "
                          "beside it",
                          location.display()))
            .about(location.display()));
  }
  const fs::path folder = folder_of(state_folder);
  TRY(make_folders(folder));
  TRY(check_space(location, folder));
  const fs::path file = folder / (run + "-" + fs::path(location.path).filename().string());
  const UnfinishedCopy copy(file.string() + std::string(kUnfinished));
  TRY(endpoint.backup(copy.path().string()));
  TRY(copy.commit(file));
  BackupRecord record{run, location.display(), file.string(), 0, "", format_rfc3339(now_unix_ms())};
  record.bytes = fs::file_size(file, code);
  if (code) return fail(errno_error(code.value(), "read", file));
  TRY_ASSIGN(record.sha256, sha256_hex_of_file(file));
  TRY(write_file_atomically(file.string() + std::string(kDescription), encode(record)));
  return record;
}

Result<std::vector<BackupRecord>> list_backups(const fs::path& state_folder) {
  std::vector<BackupRecord> records;
  std::error_code code;
  fs::directory_iterator entry(folder_of(state_folder), code);
  if (code == std::errc::no_such_file_or_directory) return records;
  if (code) return fail(errno_error(code.value(), "list", folder_of(state_folder)));
  for (; entry != fs::directory_iterator(); entry.increment(code)) {
    if (code) return fail(errno_error(code.value(), "list", folder_of(state_folder)));
    const std::string name = entry->path().filename().string();
    // A target may itself be called something.json: its archive has no ".json" twice.
    if (!name.ends_with(kDescription)) continue;
    const std::string archive = entry->path().string();
    if (!fs::exists(archive.substr(0, archive.size() - kDescription.size()), code)) continue;
    TRY_ASSIGN(BackupRecord record, read_description(entry->path()));
    records.push_back(std::move(record));
  }
  std::sort(records.begin(), records.end(),
            [](const BackupRecord& a, const BackupRecord& b) { return a.run < b.run; });
  return records;
}

Status verify_backup(const BackupRecord& record) {
  TRY_ASSIGN(const std::string sha256, sha256_hex_of_file(record.file));
  if (sha256 == record.sha256) return {};
  return fail(Error(ErrorKind::kCorrupt,
                    fmt::format("backup \"{}\": SHA-256 is {}, was {} when it was made",
                                record.file, sha256, record.sha256))
                  .about(record.file));
}

Result<bool> remove_backup(const fs::path& state_folder, const std::string& run) {
  TRY_ASSIGN(const std::optional<BackupRecord> record, find_backup(state_folder, run));
  if (!record) return false;
  // The archive first: a description without one is not listed.
  TRY(remove_file(record->file));
  TRY(remove_file(record->file + std::string(kDescription)));
  TRY(sync_file(folder_of(state_folder)));
  return true;
}

}  // namespace sluice
