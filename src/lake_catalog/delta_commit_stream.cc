#include "lake_catalog/delta_commit_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "format/delta/parse_actions.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPartBytes = std::size_t{4} << 20;
constexpr std::string_view kAddLine = "{\"add\"";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// Calls `take` with whole lines of the file, some megabytes at a time.
template <typename Take>
Status read_parts(int fd, const fs::path& file, const Take& take) {
  std::string part;
  off_t at = 0;
  while (true) {
    const std::size_t kept = part.size();
    part.resize(kept + kPartBytes);
    const ssize_t got = ::pread(fd, part.data() + kept, kPartBytes, at);
    if (got < 0 && errno != EINTR) return fail(errno_error(errno, "read", file));
    part.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(0, got)));
    if (got < 0) continue;
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

Status take_lines(int fd, const fs::path& file, bool adds,
                  const std::function<Status(delta::Actions)>& take) {
  std::size_t lines = 0;
  delta::Actions late;  // adds that are spelled unlike those of other writers
  TRY(read_parts(fd, file, [&](std::string_view part) -> Status {
    const std::size_t first_line = lines + 1;
    const delta::PaddedText text(select_lines(part, adds, lines));
    TRY_ASSIGN(delta::Actions actions, delta::parse_actions(text, file.string(), first_line));
    if (!adds) {
      std::move(actions.adds.begin(), actions.adds.end(), std::back_inserter(late.adds));
      actions.adds.clear();
    }
    return take(std::move(actions));
  }));
  return late.adds.empty() ? Status() : take(std::move(late));
}

struct OpenedCommit {
  std::unique_ptr<Descriptor> file;
  std::size_t bytes = 0;
  CommitStream facts;
};

// Opens and digests it.
Result<OpenedCommit> open_commit(const fs::path& file) {
  OpenedCommit out;
  out.file = std::make_unique<Descriptor>(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (out.file->get() < 0 || ::fstat(out.file->get(), &info) != 0) {
    return fail(errno_error(errno, "read", file));
  }
  out.bytes = static_cast<std::size_t>(info.st_size);
  out.facts.modified_ms = info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000;
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       &XXH3_freeState);
  XXH3_128bits_reset(state.get());
  TRY(read_parts(out.file->get(), file, [&](std::string_view part) -> Status {
    XXH3_128bits_update(state.get(), part.data(), part.size());
    return {};
  }));
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state.get()));
  out.facts.digest = hex(bytes.digest, sizeof(bytes.digest));
  return out;
}

}  // namespace

Result<CommitStream> stream_commit(const fs::path& file,
                                   const std::function<Status(delta::Actions)>& take) {
  TRY_ASSIGN(const OpenedCommit commit, open_commit(file));
  const int fd = commit.file->get();
  if (commit.bytes <= kPartBytes) {
    TRY_ASSIGN(std::string text, read_file(file));
    TRY_ASSIGN(delta::Actions actions,
               delta::parse_actions(delta::PaddedText(std::move(text)), file.string()));
    TRY(take(std::move(actions)));
    return commit.facts;
  }
  TRY(take_lines(fd, file, false, take));
  TRY(take_lines(fd, file, true, take));
  return commit.facts;
}

Result<CommitStream> digest_commit(const fs::path& file) {
  TRY_ASSIGN(const OpenedCommit commit, open_commit(file));
  return commit.facts;
}

std::string digest_of_commit(std::string_view text) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits(text.data(), text.size()));
  return hex(bytes.digest, sizeof(bytes.digest));
}

}  // namespace sluice
