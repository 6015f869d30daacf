#include "lake_catalog/delta_commit_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/file.h"
#include "base/files.h"
#include "base/text.h"
#include "format/delta/parse_actions.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPartBytes = std::size_t{4} << 20;
constexpr std::string_view kAddLine = "{\"add\"";

// A file of a log, read piece by piece.
class LogFile {
 public:
  static Result<LogFile> open(const DeltaLog& log, const delta::ListedFile& listed) {
    LogFile out(log.log_path(listed.name), log.files());
    if (!out.files_->is_local()) {
      out.bytes_ = listed.bytes;
      out.modified_ms_ = listed.modified_ms;
      return out;
    }
    struct stat facts {};
    out.fd_ = ::open(out.path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (out.fd_ < 0 || ::fstat(out.fd_, &facts) != 0) {
      return fail(errno_error(errno, "read", out.path_));
    }
    out.bytes_ = static_cast<std::uint64_t>(facts.st_size);
    out.modified_ms_ = facts.st_mtim.tv_sec * 1000 + facts.st_mtim.tv_nsec / 1'000'000;
    return out;
  }
  LogFile(LogFile&& other) noexcept { *this = std::move(other); }
  LogFile& operator=(LogFile&& other) noexcept {
    path_ = std::move(other.path_);
    files_ = other.files_;
    bytes_ = other.bytes_;
    modified_ms_ = other.modified_ms_;
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~LogFile() {
    if (fd_ >= 0) ::close(fd_);
  }

  const fs::path& path() const { return path_; }
  std::uint64_t bytes() const { return bytes_; }
  std::int64_t modified_ms() const { return modified_ms_; }

  // Puts at most kPartBytes behind `part`; nothing at the end.
  Status append(std::uint64_t at, std::string& part) const {
    if (!files_->is_local()) {
      if (at >= bytes_) return {};
      TRY_ASSIGN(
          const std::string piece,
          files_->read_range(path_.native(), at, std::min<std::uint64_t>(kPartBytes, bytes_ - at)));
      part += piece;
      return {};
    }
    const std::size_t kept = part.size();
    part.resize(kept + kPartBytes);
    ssize_t got = -1;
    do {
      got = ::pread(fd_, part.data() + kept, kPartBytes, static_cast<off_t>(at));
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail(errno_error(errno, "read", path_));
    part.resize(kept + static_cast<std::size_t>(got));
    return {};
  }

 private:
  LogFile(fs::path path, Files& files) : path_(std::move(path)), files_(&files) {}

  fs::path path_;
  Files* files_ = nullptr;
  std::uint64_t bytes_ = 0;
  std::int64_t modified_ms_ = 0;
  int fd_ = -1;  // on this machine
};

// Calls `take` with whole lines of the file, some megabytes at a time.
template <typename Take>
Status read_parts(const LogFile& file, const Take& take) {
  std::string part;
  std::uint64_t at = 0;
  while (true) {
    const std::size_t kept = part.size();
    TRY(file.append(at, part));
    const std::size_t got = part.size() - kept;
    at += got;
    std::size_t end = got == 0 ? part.size() : part.rfind('\n');
    if (end == std::string::npos) continue;  // one line that is longer
    if (got > 0) ++end;
    if (end > 0) TRY(take(std::string_view(part).substr(0, end)));
    part.erase(0, end);
    if (got == 0) return {};
  }
}

// The lines that are adds, or all others; those that are left out stay as empty lines, so that the
// numbers of lines are right.
std::string select_lines(std::string_view part, bool adds, std::size_t& lines) {
  std::string out;
  for (std::size_t begin = 0; begin < part.size();) {
    const std::size_t end = std::min(part.find('\n', begin), part.size());
    const std::string_view line = part.substr(begin, end - begin);
    if (line.starts_with(kAddLine) == adds) out += line;
    out += '\n';
    ++lines;
    begin = end + 1;
  }
  return out;
}

Status take_lines(const LogFile& file, bool adds,
                  const std::function<Status(delta::Actions)>& take) {
  std::size_t lines = 0;
  delta::Actions late;  // adds that are spelled unlike those of other writers
  TRY(read_parts(file, [&](std::string_view part) -> Status {
    const std::size_t first_line = lines + 1;
    const delta::PaddedText text(select_lines(part, adds, lines));
    TRY_ASSIGN(delta::Actions actions,
               delta::parse_actions(text, file.path().string(), first_line));
    if (!adds) {
      std::move(actions.adds.begin(), actions.adds.end(), std::back_inserter(late.adds));
      actions.adds.clear();
    }
    return take(std::move(actions));
  }));
  return late.adds.empty() ? Status() : take(std::move(late));
}

struct OpenedCommit {
  LogFile file;
  std::string text;  // all of it, where that is little
  CommitStream facts;
};

// Opens and digests it.
Result<OpenedCommit> open_commit(const DeltaLog& log, const delta::CommitFile& commit) {
  TRY_ASSIGN(LogFile file, LogFile::open(log, commit.file));
  OpenedCommit out{std::move(file), "", {}};
  out.facts.modified_ms = out.file.modified_ms();
  const bool is_small = out.file.bytes() <= kPartBytes;
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       &XXH3_freeState);
  XXH3_128bits_reset(state.get());
  TRY(read_parts(out.file, [&](std::string_view part) -> Status {
    XXH3_128bits_update(state.get(), part.data(), part.size());
    if (is_small) out.text += part;
    return {};
  }));
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state.get()));
  out.facts.digest = hex(bytes.digest, sizeof(bytes.digest));
  return out;
}

}  // namespace

Result<CommitStream> stream_commit(const DeltaLog& log, const delta::CommitFile& commit,
                                   const std::function<Status(delta::Actions)>& take) {
  TRY_ASSIGN(OpenedCommit opened, open_commit(log, commit));
  if (opened.file.bytes() <= kPartBytes) {
    TRY_ASSIGN(delta::Actions actions,
               delta::parse_actions(delta::PaddedText(std::move(opened.text)),
                                    opened.file.path().string()));
    TRY(take(std::move(actions)));
    return opened.facts;
  }
  TRY(take_lines(opened.file, false, take));
  TRY(take_lines(opened.file, true, take));
  return opened.facts;
}

Result<CommitStream> digest_commit(const DeltaLog& log, const delta::CommitFile& commit) {
  TRY_ASSIGN(const OpenedCommit opened, open_commit(log, commit));
  return opened.facts;
}

std::string digest_of_commit(std::string_view text) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits(text.data(), text.size()));
  return hex(bytes.digest, sizeof(bytes.digest));
}

}  // namespace sluice
