#include "endpoint/duckdb/attachment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/engine_error.h"

namespace sluice::duckdb {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kCopyBytes = 1 << 20;

std::mutex registry_mutex;
std::map<std::pair<Engine*, std::string>, std::weak_ptr<Attachment>>& registry() {
  static std::map<std::pair<Engine*, std::string>, std::weak_ptr<Attachment>> all;
  return all;
}
std::atomic<int> next_catalog{1};

std::string process_name(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/comm", pid));
  return text ? std::string(trim(*text)) : "unknown";
}

// DuckDB's readers hold a read lock, its writers a write lock, both on the whole file.
Status check_lock(int fd, short wanted, const fs::path& path) {
  struct flock lock {};
  lock.l_type = wanted;
  lock.l_whence = SEEK_SET;
  if (::fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return {};
  return fail(
      Error(ErrorKind::kConflict, fmt::format("\"{}\" is locked by process {} ({})", path.string(),
                                              lock.l_pid, process_name(lock.l_pid)))
          .about(path.string())
          .advise("close that program, then try again"));
}

}  // namespace

Attachment::Attachment(Engine& engine, fs::path path)
    : engine_(engine), path_(std::move(path)), catalog_(fmt::format("duck_{}", next_catalog++)) {}

Attachment::~Attachment() {
  static_cast<void>(release());
  if (fd_ >= 0) ::close(fd_);
}

Result<std::shared_ptr<Attachment>> Attachment::open(Engine& engine, const fs::path& path,
                                                     bool may_be_missing) {
  std::error_code code;
  const fs::path canonical = fs::weakly_canonical(path, code);
  const std::lock_guard lock(registry_mutex);
  std::weak_ptr<Attachment>& slot = registry()[{&engine, canonical.string()}];
  std::shared_ptr<Attachment> attachment = slot.lock();
  if (!attachment) {
    attachment.reset(new Attachment(engine, canonical));
    slot = attachment;
  }
  if (!attachment->attached_) {
    if (fs::exists(canonical, code)) {
      TRY(attachment->look());
      TRY(attachment->attach_read_only());
    } else if (!may_be_missing) {
      return fail(Error(ErrorKind::kNotFound, fmt::format("\"{}\" is not there", path.string()))
                      .about(path.string()));
    }
  }
  return attachment;
}

Status Attachment::look() {
  if (fs::is_directory(path_)) return fail(errno_error(EISDIR, "read", path_));
  if (fd_ < 0) fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) return fail(errno_error(errno, "read", path_));
  TRY_ASSIGN(const std::string head, read_at(0, kDuckdbHeaderBytes));
  TRY_ASSIGN(const std::uint64_t bytes, size());
  TRY_ASSIGN(header_, parse_duckdb_header(head, bytes, path_));
  return {};
}

Result<std::string> Attachment::read_at(std::uint64_t offset, std::size_t size) const {
  std::string out(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got =
        ::pread(fd_, out.data() + filled, size - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno_error(errno, "read", path_));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  out.resize(filled);
  return out;
}

Result<std::uint64_t> Attachment::size() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return fail(errno_error(errno, "stat", path_));
  return static_cast<std::uint64_t>(info.st_size);
}

Status Attachment::attach(const fs::path& path, bool read_only) {
  TRY_ASSIGN(const auto connection, engine_.connect());
  const Status done = connection->execute(fmt::format("ATTACH {} AS {} (TYPE duckdb{})",
                                                      quote_literal(path.string()), catalog_,
                                                      read_only ? ", READ_ONLY" : ""));
  if (!done) return fail(refine_engine_error(done.error(), path_));
  attached_ = true;
  writable_ = !read_only;
  return {};
}

// The engine cannot replay some write-ahead logs (with CREATE INDEX) read only: it wants to write
// the index into the file. Then a copy is read.
Status Attachment::attach_read_only() {
  TRY(check_lock(fd_, F_RDLCK, path_));
  const Status done = attach(path_, true);
  if (done) return check_complete();
  if (header_.blocks_beyond_end > 0 && done.error().kind == ErrorKind::kTransient) {
    TRY_ASSIGN(const std::uint64_t bytes, size());
    return fail(cut_off_error(header_, bytes, path_));
  }
  std::error_code code;
  if (done.error().kind == ErrorKind::kLimit || !fs::exists(wal_path(), code)) return done;
  return attach_copy();
}

// Blocks that the file does not have must all be free ones.
Status Attachment::check_complete() const {
  if (header_.blocks_beyond_end == 0) return {};
  TRY_ASSIGN(const auto connection, engine_.connect());
  TRY_ASSIGN(const auto free,
             connection->value("SELECT free_blocks FROM pragma_database_size() "
                               "WHERE database_name = " + quote_literal(catalog_)));
  if (free && std::stoull(*free) >= header_.blocks_beyond_end) return {};
  TRY_ASSIGN(const std::uint64_t bytes, size());
  return fail(cut_off_error(header_, bytes, path_));
}

Status Attachment::attach_copy() {
  struct flock lock {};
  lock.l_type = F_RDLCK;  // keeps DuckDB's writers out as long as fd_ is open
  lock.l_whence = SEEK_SET;
  if (::fcntl(fd_, F_SETLK, &lock) != 0) return fail(errno_error(errno, "lock", path_));
  const fs::path folder = engine_.options().spill_folder.empty() ? fs::temp_directory_path()
                                                                 : engine_.options().spill_folder;
  TRY(make_folders(folder));
  copy_ = folder / fmt::format("sluice-{}.duckdb", to_lower(make_ulid()));
  TRY(copy_bytes(copy_));
  return attach(copy_, false);
}

Status Attachment::copy_bytes(const fs::path& target) const {
  TRY_ASSIGN(const std::uint64_t bytes, size());
  AtomicFile file(target);
  for (std::uint64_t at = 0; at < bytes; at += kCopyBytes) {
    TRY_ASSIGN(const std::string part, read_at(at, kCopyBytes));
    TRY(file.write(part));
  }
  std::error_code code;
  if (fs::exists(wal_path(), code)) {
    fs::copy_file(wal_path(), target.string() + ".wal", code);
    if (code) return fail(errno_error(code.value(), "copy", wal_path()));
  }
  return file.commit();
}

Status Attachment::copy_to(const fs::path& target) const {
  TRY_ASSIGN(const auto connection, engine_.connect());
  if (writable_) TRY(connection->execute("CHECKPOINT " + catalog_));
  const fs::path staging = target.string() + ".sluice-" + to_lower(make_ulid());
  const std::string name = fmt::format("duck_{}", next_catalog++);
  Status done = copy_bytes(staging);
  // Attached for writing and detached, the copy has its log replayed into it, which proves too that
  // the engine can open it.
  if (done) {
    done =
        connection->execute(fmt::format("ATTACH {} AS {} (TYPE duckdb); CHECKPOINT {}; DETACH {}",
                                        quote_literal(staging.string()), name, name, name));
  }
  if (done) done = sync_file(staging);
  if (done) done = rename_durably(staging, target);
  if (done) return {};
  std::error_code code;
  fs::remove(staging, code);
  fs::remove(staging.string() + ".wal", code);
  return fail(refine_engine_error(done.error(), target));
}

Status Attachment::make_writable() {
  if (attached_ && writable_ && !reads_copy()) return {};
  TRY(release());
  TRY(look());
  TRY(check_lock(fd_, F_WRLCK, path_));
  return attach(path_, false);
}

Status Attachment::check_in_place() const {
  struct stat open {};
  struct stat named {};
  if (fd_ < 0 || ::fstat(fd_, &open) != 0) return fail(errno_error(errno, "stat", path_));
  if (::stat(path_.c_str(), &named) == 0 && named.st_dev == open.st_dev &&
      named.st_ino == open.st_ino) {
    return {};
  }
  return fail(
      Error(ErrorKind::kConflict,
            fmt::format("\"{}\" was removed or replaced while it was written", path_.string()))
          .about(path_.string())
          .advise("what was copied is gone with it; start a new run"));
}

Status Attachment::release() {
  if (attached_) {
    TRY_ASSIGN(const auto connection, engine_.connect());
    TRY(connection->execute("DETACH " + catalog_));
    attached_ = false;
    writable_ = false;
  }
  if (reads_copy()) {
    std::error_code code;
    fs::remove(copy_, code);
    fs::remove(copy_.string() + ".wal", code);
    copy_.clear();
  }
  return {};
}

Status Attachment::remove_file() {
  TRY(release());
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  for (const fs::path& path : {wal_path(), path_}) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return fail(errno_error(errno, "remove", path));
    }
  }
  return sync_file(path_.parent_path());
}

Result<std::unique_ptr<EngineConnection>> Attachment::connect() const {
  TRY_ASSIGN(auto connection, engine_.connect());
  if (attached_) TRY(connection->execute(fmt::format("USE {}.main", catalog_)));
  return connection;
}

}  // namespace sluice::duckdb
