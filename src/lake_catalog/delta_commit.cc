#include "lake_catalog/delta_commit.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/files.h"
#include "base/remove_path.h"
#include "format/delta/write_actions.h"
#include "format/delta/write_gate.h"
#include "lake_catalog/delta_log.h"
#include "lake_catalog/ducklake_commit.h"
#include "lake_catalog/write_delta_checkpoint.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesWithoutWaiting = 3;
constexpr int kWaitMsMax = 20;

// Without O_EXCL: the name is of one commit.
Status write_synced(const fs::path& path, const std::string& text,
                    std::optional<std::int64_t> modified_ms) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return fail(errno_error(errno, "write", path));
  int failed = 0;
  for (std::size_t at = 0; failed == 0 && at < text.size();) {
    const ssize_t wrote = ::write(fd, text.data() + at, text.size() - at);
    if (wrote < 0 && errno != EINTR) failed = errno;
    if (wrote > 0) at += static_cast<std::size_t>(wrote);
  }
  if (failed == 0 && modified_ms) {
    const timespec time{*modified_ms / 1000, (*modified_ms % 1000) * 1'000'000};
    const timespec both[2] = {time, time};
    if (::futimens(fd, both) != 0) failed = errno;
  }
  if (failed == 0 && ::fsync(fd) != 0) failed = errno;
  if (::close(fd) != 0 && failed == 0) failed = errno;
  if (failed != 0) return fail(errno_error(failed, "write", path));
  return {};
}

bool is_certainly_absent(const fs::path& file) {
  struct stat facts {};
  return ::stat(file.c_str(), &facts) != 0 && errno == ENOENT;
}

void wait_a_little(int tries) {
  if (tries <= kTriesWithoutWaiting) return;
  thread_local std::minstd_rand random(std::random_device{}());
  std::this_thread::sleep_for(
      std::chrono::milliseconds(std::uniform_int_distribution<int>(0, kWaitMsMax)(random)));
}

// Walks from the version that a change was made for to the newest one.
class Committer {
 public:
  Committer(const DeltaWrite& write, Engine& engine) : write_(write), engine_(engine) {}

  Result<DeltaCommitted> commit() {
    TRY(start());
    for (int tries = 1; tries <= kDeltaTriesMax; ++tries) {
      if (write_.base != nullptr) TRY(see_others());
      TRY_ASSIGN(DeltaCommitted done, placed_now());
      TRY_ASSIGN(const CommitOutcome outcome, put(done));
      if (outcome == CommitOutcome::kCommitted) return done;
      if (outcome == CommitOutcome::kUnknown) return fail(unknown(done.version));
      if (write_.base == nullptr) return fail(taken());
      wait_a_little(tries);
    }
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": others were first {} times, up to version {}",
                                  write_.table, kDeltaTriesMax, version_))
                    .about(write_.table)
                    .advise("try again when fewer programs write to it"));
  }

 private:
  Status start() {
    if (write_.base == nullptr) return make_log();
    const delta::Snapshot& base = *write_.base;
    version_ = base.version;
    in_commit_since_ = delta::in_commit_since(base.metadata);
    if (delta::assigns_row_ids(base.protocol, base.metadata)) {
      highest_row_ = -1;
      TRY(see_domains(base.domains));
    }
    return {};
  }

  Status make_log() {
    const fs::path log = write_.folder / DeltaLog::kFolder;
    return is_remote_path(log.native()) ? Status() : make_folders(log, write_.access);
  }

  Status see_domains(const std::vector<delta::DomainMetadata>& domains) {
    for (const delta::DomainMetadata& domain : domains) {
      if (!highest_row_ || domain.domain != delta::kRowTrackingDomain || domain.removed) continue;
      TRY_ASSIGN(const std::int64_t highest, delta::highest_row_of(domain, write_.table));
      highest_row_ = std::max(*highest_row_, highest);
    }
    return {};
  }

  Status see_others() {
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(write_.folder, write_.table, engine_));
    TRY_ASSIGN(const delta::Version newest, log.newest());
    if (newest < version_) return fail(went_back(newest));
    for (; version_ < newest; ++version_) {
      TRY_ASSIGN(const delta::Actions theirs, log.commit(version_ + 1));
      TRY(delta::check_meanwhile(write_.change, theirs, version_ + 1, write_.table));
      TRY(see_domains(theirs.domains));
    }
    previous_ms_.reset();
    if (!in_commit_since_) return {};
    const auto last = log.commit(version_);
    if (last && last->commit_info) previous_ms_ = last->commit_info->in_commit_timestamp_ms;
    return {};
  }

  Result<DeltaCommitted> placed_now() {
    DeltaCommitted out;
    out.version = write_.base == nullptr ? 0 : version_ + 1;
    delta::CommitPlace place;
    place.version = out.version;
    place.now_ms = now_unix_ms();
    place.has_in_commit_time = in_commit_since_ && out.version >= *in_commit_since_;
    place.previous_ms = previous_ms_;
    place.highest_row = highest_row_;
    TRY_ASSIGN(out.actions, delta::placed(write_.change.actions, place));
    out.actions.commit_info->transaction_id = new_uuid();
    return out;
  }

  Result<CommitOutcome> put(const DeltaCommitted& one) {
    const std::string text = delta::commit_text(one.actions);
    const DeltaPut put{
        write_.folder, one.version, text,         one.actions.commit_info->transaction_id,
        write_.owner,  {},          write_.access};
    return put_delta_version(put, engine_.files_of(write_.folder.native()));
  }

  Error unknown(delta::Version version) const {
    return Error(ErrorKind::kTransient,
                 fmt::format("table \"{}\": whether version {} was committed cannot be known, its "
                             "log cannot be read",
                             write_.table, version))
        .about(write_.table)
        .advise("when the folder is there again, `sluice resume` asks the log");
  }

  Error taken() const {
    return Error(ErrorKind::kExists, fmt::format("table \"{}\" was made by somebody else while "
                                                 "the run was going on",
                                                 write_.table))
        .about(write_.table)
        .advise("choose --if-exists replace, append or merge");
  }

  Error went_back(delta::Version newest) const {
    return Error(ErrorKind::kConflict,
                 fmt::format("table \"{}\": its newest version is {}, it was {} before",
                             write_.table, newest, version_))
        .about(write_.table)
        .advise("the table was removed or made anew meanwhile; run it again");
  }

  const DeltaWrite& write_;
  Engine& engine_;
  delta::Version version_ = -1;  // the newest one that was seen
  std::optional<delta::Version> in_commit_since_;
  std::optional<std::int64_t> previous_ms_;
  std::optional<std::int64_t> highest_row_;
};

}  // namespace

CommitOutcome ask_delta_log(const fs::path& file, const std::string& transaction_id, Files& files) {
  const auto text = files.read(file.native());
  if (!text) return CommitOutcome::kUnknown;
  const auto outline = delta::parse_outline(delta::PaddedText(*text), file.string());
  const bool is_ours =
      outline && outline->commit_info && outline->commit_info->transaction_id == transaction_id;
  return is_ours ? CommitOutcome::kCommitted : CommitOutcome::kConflict;
}

namespace {

// What a mirror puts there, another one may have put there meanwhile: it is the same commit.
Result<CommitOutcome> put_elsewhere(const fs::path& file, const std::string& text,
                                    const std::string& transaction_id, Files& files) {
  crash_point();
  TRY_ASSIGN(const NewFile written, files.write_new(file.native(), text));
  crash_point();
  switch (written) {
    case NewFile::kWritten:
      return CommitOutcome::kCommitted;
    case NewFile::kTaken:
      return ask_delta_log(file, transaction_id, files);
    case NewFile::kUnknown:
      return CommitOutcome::kUnknown;
  }
  return CommitOutcome::kUnknown;
}

}  // namespace

Result<CommitOutcome> put_delta_version(const DeltaPut& put, Files& files) {
  const fs::path log = put.folder / DeltaLog::kFolder;
  const fs::path file = log / delta::commit_name(put.version);
  if (!files.is_local()) return put_elsewhere(file, put.text, put.transaction_id, files);
  const fs::path unfinished =
      log / (unfinished_log_prefix(put.owner) + put.transaction_id + ".tmp");
  Status written = write_synced(unfinished, put.text, put.modified_ms);
  if (written) written = put.access.give_file(unfinished);
  if (!written) {
    TRY(remove_file(unfinished));
    return fail(written.error());
  }
  crash_point();
  const int failed = ::link(unfinished.c_str(), file.c_str()) == 0 ? 0 : errno;
  crash_point();
  // A server of files may have done what it then said had failed.
  CommitOutcome outcome =
      failed == 0 ? CommitOutcome::kCommitted : ask_delta_log(file, put.transaction_id);
  const bool is_absent = failed != 0 && outcome == CommitOutcome::kUnknown && failed != EEXIST &&
                         is_certainly_absent(file);
  const Status removed = remove_file(unfinished);
  const Status synced = sync_file(log);
  if (is_absent) return fail(errno_error(failed, "link", file));
  if (outcome == CommitOutcome::kCommitted && !synced)
    outcome = ask_delta_log(file, put.transaction_id);
  if (outcome == CommitOutcome::kConflict) TRY(removed);
  return outcome;
}

Status remove_unfinished_commits(const fs::path& folder, const std::string& owner) {
  if (is_remote_path(folder.native())) return {};
  std::error_code code;
  fs::directory_iterator entries(folder / DeltaLog::kFolder, code);
  std::vector<fs::path> found;
  for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
    if (entries->path().filename().string().starts_with(unfinished_log_prefix(owner))) {
      found.push_back(entries->path());
    }
  }
  for (const fs::path& path : found) TRY(remove_file(path));
  return {};
}

Result<DeltaCommitted> commit_delta(const DeltaWrite& write, Engine& engine) {
  TRY_ASSIGN(DeltaCommitted done, Committer(write, engine).commit());
  const delta::Metadata& metadata =
      write.change.actions.metadata ? *write.change.actions.metadata : write.base->metadata;
  if (!is_checkpoint_due(metadata, done.version)) return done;
  const Status checkpointed = write_delta_checkpoint(
      {write.folder, write.table, done.version, write.owner, write.access}, engine);
  if (!checkpointed) done.checkpoint_error = checkpointed.error();
  return done;
}

}  // namespace sluice
