#include "lake_catalog/delta_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/file.h"
#include "base/parallel.h"
#include "format/delta/log_path.h"
#include "format/delta/protocol.h"
#include "lake_catalog/delta_checkpoint.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSidecarFolder = "_sidecars";
constexpr unsigned kReadersMax = 8;    // threads that read commits
constexpr int kReadersElsewhere = 16;  // of a server, which they wait for

Result<std::vector<delta::ListedFile>> list(const fs::path& folder) {
  std::vector<delta::ListedFile> out;
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
    struct stat facts {};
    if (::stat(entries->path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    delta::ListedFile& file = out.emplace_back();
    file.name = entries->path().filename().string();
    file.bytes = static_cast<std::uint64_t>(facts.st_size);
    file.modified_ms = facts.st_mtim.tv_sec * 1000 + facts.st_mtim.tv_nsec / 1'000'000;
  }
  if (code) return fail(errno_error(code.value(), "read", folder));
  return out;
}

Result<std::vector<delta::ListedFile>> list(const std::string& folder, Files& files) {
  TRY_ASSIGN(const auto found, files.list(folder));
  std::vector<delta::ListedFile> out;
  for (const FoundFile& one : found) {
    if (one.is_folder) continue;
    delta::ListedFile& file = out.emplace_back();
    file.name = one.path.substr(folder.size() + 1);
    file.bytes = one.bytes;
    file.modified_ms = one.modified_ms;
  }
  return out;
}

Error empty_file(const fs::path& path) {
  return Error(ErrorKind::kCorrupt, fmt::format("\"{}\" is empty", path.string()))
      .about(path.string())
      .advise(
          "restore the file; where it is the newest of its log and its writer told "
          "nobody of it, it can be moved away");
}

// A file of the log never changes: its size is what it was when it is read.
Result<delta::PaddedText> read_text(const fs::path& path, Files& files) {
  if (!files.is_local()) {
    TRY_ASSIGN(std::string read, files.read(path.native()));
    if (read.empty()) return fail(empty_file(path));
    return delta::PaddedText(std::move(read));
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(errno_error(errno, "read", path));
  struct stat facts {};
  int failed = ::fstat(fd, &facts) == 0 ? 0 : errno;
  delta::PaddedText text(static_cast<std::size_t>(failed == 0 ? facts.st_size : 0));
  for (std::size_t at = 0; failed == 0 && at < text.view().size();) {
    const ssize_t got = ::read(fd, text.data() + at, text.view().size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) failed = got == 0 ? EIO : errno;
    at += static_cast<std::size_t>(std::max<ssize_t>(0, got));
  }
  ::close(fd);
  if (failed != 0) return fail(errno_error(failed, "read", path));
  if (!text.view().empty()) return text;
  // Each commit says something: whoever wrote this one died before it was whole.
  return fail(empty_file(path));
}

Result<delta::Actions> read_actions(const fs::path& path, Files& files) {
  TRY_ASSIGN(const delta::PaddedText text, read_text(path, files));
  return delta::parse_actions(text, path.string());
}

template <typename Work>
Status on_threads(std::size_t count, Files& files, const CancelToken* cancel, const Work& work) {
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1U, kReadersMax);
  const int threads = files.is_local() ? static_cast<int>(cores) : kReadersElsewhere;
  return for_each_parallel(threads, count, [&](std::size_t i) -> Status {
    if (cancel == nullptr || !cancel->requested()) return work(i);
    return fail(ErrorKind::kCancelled, "interrupted while reading the log");
  });
}

}  // namespace

bool DeltaLog::is_table(const fs::path& folder) {
  std::error_code code;
  return fs::is_directory(folder / kFolder, code);
}

Result<bool> DeltaLog::is_table(const fs::path& folder, Files& files) {
  if (files.is_local()) return is_table(folder);
  return files.has_folder((folder / kFolder).string());
}

Result<DeltaLog> DeltaLog::open(fs::path folder, std::string table, Engine& engine) {
  Files& files = engine.files_of(folder.native());
  TRY_ASSIGN(const bool is_there, is_table(folder, files));
  if (!is_there) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("\"{}\" is no Delta table: it has no folder {}",
                                                folder.string(), DeltaLog::kFolder))
            .about(folder.string()));
  }
  DeltaLog log(std::move(folder), std::move(table), engine);
  const fs::path place = log.folder_ / DeltaLog::kFolder;
  TRY_ASSIGN(const auto listed, files.is_local() ? list(place) : list(place.string(), files));
  log.listing_ = delta::list_log(listed);
  return log;
}

fs::path DeltaLog::log_path(const std::string& name) const {
  return folder_ / DeltaLog::kFolder / name;
}

Status DeltaLog::visit_checkpoint(const delta::CheckpointFiles& checkpoint,
                                  const std::function<Status(delta::Actions)>& take) const {
  std::vector<fs::path> names;
  for (const std::string& name : checkpoint.names) names.push_back(log_path(name));
  std::vector<delta::Sidecar> sidecars;
  const auto take_top = [&](delta::Actions actions) -> Status {
    std::move(actions.sidecars.begin(), actions.sidecars.end(), std::back_inserter(sidecars));
    return take(std::move(actions));
  };
  if (checkpoint.is_json) {
    TRY_ASSIGN(delta::Actions actions, read_actions(names.front(), files()));
    TRY(take_top(std::move(actions)));
  } else {
    TRY(read_checkpoint(*engine_, names, take_top));
  }
  if (sidecars.empty()) return {};
  names.clear();
  for (const delta::Sidecar& sidecar : sidecars) {
    TRY_ASSIGN(const std::string path, delta::decode_uri(sidecar.path));
    names.push_back(folder_ / DeltaLog::kFolder / kSidecarFolder / fs::path(path).filename());
  }
  return read_checkpoint(*engine_, names, take);
}

Status DeltaLog::apply_commits(const std::vector<delta::JsonPart>& parts,
                               delta::Replay& replay) const {
  std::vector<delta::Actions> actions(parts.size());
  TRY(on_threads(parts.size(), files(), engine_->cancel_token(), [&](std::size_t i) -> Status {
    const fs::path path = log_path(parts[i].name);
    const bool is_compacted = parts[i].first != parts[i].last;
    TRY_ASSIGN(const delta::PaddedText text, read_text(path, files()));
    TRY_ASSIGN(actions[i], is_compacted ? delta::parse_compacted(text, path.string())
                                        : delta::parse_actions(text, path.string()));
    return {};
  }));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    replay.apply(std::move(actions[i]), parts[i].last);
  }
  return {};
}

Result<delta::Snapshot> DeltaLog::load(delta::Version version) const {
  TRY_ASSIGN(const delta::LogPart part, delta::choose_log(listing_, version, table_));
  return load(part);
}

Result<delta::Snapshot> DeltaLog::load(const delta::LogPart& part) const {
  delta::Replay replay;
  if (part.checkpoint) {
    TRY(visit_checkpoint(*part.checkpoint, [&](delta::Actions actions) -> Status {
      replay.apply(std::move(actions), part.checkpoint->version);
      return {};
    }));
  }
  TRY(apply_commits(part.files, replay));
  TRY_ASSIGN(delta::Snapshot snapshot, std::move(replay).take(part.version, table_));
  TRY(delta::check_can_read(snapshot.protocol, snapshot.metadata, table_));
  return snapshot;
}

Result<delta::Version> DeltaLog::newest() const {
  TRY_ASSIGN(const delta::LogPart part, delta::choose_log(listing_, std::nullopt, table_));
  return part.version;
}

Result<delta::Actions> DeltaLog::commit(delta::Version version) const {
  return read_actions(log_path(delta::commit_name(version)), files());
}

Result<std::vector<DeltaCommit>> DeltaLog::history() const {
  const std::vector<delta::CommitFile>& commits = listing_.commits;
  std::vector<DeltaCommit> out(commits.size());
  TRY(on_threads(commits.size(), files(), engine_->cancel_token(), [&](std::size_t i) -> Status {
    const fs::path path = log_path(commits[i].file.name);
    TRY_ASSIGN(const delta::PaddedText text, read_text(path, files()));
    TRY_ASSIGN(out[i].outline, delta::parse_outline(text, path.string()));
    out[i].version = commits[i].version;
    return {};
  }));
  std::vector<delta::CommitTime> times;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    delta::CommitTime& time = times.emplace_back();
    time.version = commits[i].version;
    time.modified_ms = commits[i].file.modified_ms;
    if (out[i].outline.commit_info)
      time.in_commit_ms = out[i].outline.commit_info->in_commit_timestamp_ms;
  }
  TRY_ASSIGN(const delta::Snapshot newest, load(listing_.newest()));
  TRY_ASSIGN(const auto moments,
             delta::times_of(times, delta::in_commit_since(newest.metadata), table_));
  for (std::size_t i = 0; i < out.size(); ++i) out[i].time_ms = moments[i];
  return out;
}

Result<delta::Version> DeltaLog::version_at(const DeltaMoment& moment) const {
  if (moment.version) return *moment.version;
  if (moment.time.empty()) return newest();
  TRY_ASSIGN(const std::int64_t wanted, delta::parse_moment(moment.time));
  TRY_ASSIGN(const std::vector<DeltaCommit> commits, history());
  const auto after = std::find_if(commits.begin(), commits.end(), [&](const DeltaCommit& commit) {
    return commit.time_ms > wanted;
  });
  if (after != commits.begin()) return std::prev(after)->version;
  return fail(Error(ErrorKind::kNotFound,
                    fmt::format("table \"{}\": no version is as old as {}, the oldest is of {}",
                                table_, delta::moment_text(wanted),
                                commits.empty() ? "none" : delta::moment_text(commits[0].time_ms)))
                  .about(table_)
                  .advise("`sluice lake snapshots` lists the versions and their times"));
}

}  // namespace sluice
