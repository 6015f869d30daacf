#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/access_advice.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/files.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

ErrorKind kind_of(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::kDenied;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorKind::kExists;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case EFBIG:
      return ErrorKind::kLimit;
    case EISDIR:
    case EINVAL:
    case ENAMETOOLONG:
      return ErrorKind::kInvalid;
    default:
      return ErrorKind::kTransient;
  }
}

}  // namespace

Error errno_error(int errno_value, std::string_view action, const fs::path& path) {
  Error error(kind_of(errno_value), fmt::format("cannot {} \"{}\": {}", action, path.string(),
                                                std::strerror(errno_value)));
  error.object = path.string();
  if (const char* name = strerrorname_np(errno_value)) error.vendor_code = name;
  if (errno_value == ENOSPC || errno_value == EDQUOT) {
    error.hint = "free some space on that device, then `sluice resume RUN`";
  }
  return error;
}

Result<std::string> read_file(const fs::path& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(errno_error(errno == 0 ? EIO : errno, "read", path));
  if (fs::is_directory(path)) return fail(errno_error(EISDIR, "read", path));
  std::ostringstream out;
  out << in.rdbuf();
  if (in.bad()) return fail(errno_error(EIO, "read", path));
  return std::move(out).str();
}

AtomicFile::AtomicFile(fs::path path)
    : path_(std::move(path)), staging_(path_.string() + ".sluice-" + make_ulid()) {}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(staging_.c_str());
}

Status AtomicFile::write(std::string_view data) {
  if (fd_ < 0) {
    fd_ = ::open(staging_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd_ < 0) return fail(errno_error(errno, "write", path_));
  }
  while (!data.empty()) {
    const ssize_t written = ::write(fd_, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(errno_error(errno, "write", path_));
    data.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status AtomicFile::commit() {
  TRY(write(""));
  if (::fsync(fd_) != 0) return fail(errno_error(errno, "sync", path_));
  TRY(rename_durably(staging_, path_));
  ::close(fd_);
  fd_ = -1;
  return {};
}

Status write_file_atomically(const fs::path& path, std::string_view data) {
  AtomicFile file(path);
  TRY(file.write(data));
  return file.commit();
}

Status sync_file(const fs::path& path) {
  if (is_remote_path(path.native())) return {};
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(errno_error(errno, "open", path));
  const int outcome = ::fsync(fd);
  const int saved = errno;
  ::close(fd);
  if (outcome != 0) return fail(errno_error(saved, "sync", path));
  return {};
}

Status make_folders(const fs::path& path) {
  if (is_remote_path(path.native())) return {};
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return fail(with_write_advice(errno_error(code.value(), "create folder", path)));
  return {};
}

Status rename_durably(const fs::path& source, const fs::path& target) {
  if (::rename(source.c_str(), target.c_str()) != 0) {
    return fail(errno_error(errno, "rename to", target));
  }
  crash_point();
  const fs::path folder = target.parent_path();
  return sync_file(folder.empty() ? fs::path(".") : folder);
}

Result<std::uint64_t> free_bytes(const fs::path& path) {
  fs::path existing = fs::absolute(path);
  while (!existing.empty() && !fs::exists(existing) && existing != existing.root_path()) {
    existing = existing.parent_path();
  }
  struct statvfs info {};
  if (::statvfs(existing.c_str(), &info) != 0) return fail(errno_error(errno, "stat", existing));
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace sluice
