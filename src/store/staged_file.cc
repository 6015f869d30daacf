#include "store/staged_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/access_advice.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".sluice-";
constexpr std::size_t kUlidSize = 26;

std::string etag_of(const struct stat& info) {
  return fmt::format("{:x}-{:x}-{:x}.{:09}", info.st_ino, info.st_size, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec);
}

fs::path folder_of(const fs::path& path) {
  return path.parent_path().empty() ? fs::path(".") : path.parent_path();
}

// A folder is durable once the one above it is synced.
Status make_durable_folders(const fs::path& folder) {
  std::error_code code;
  if (folder.empty() || fs::is_directory(folder, code)) return {};
  TRY(make_durable_folders(folder.parent_path()));
  TRY(make_folders(folder));
  return sync_file(folder_of(folder));
}

}  // namespace

bool StagedFile::is_staging(std::string_view name) {
  const std::size_t at = name.rfind(kMark);
  return at != std::string_view::npos && name.size() - at == kMark.size() + kUlidSize &&
         is_ulid(std::string(name.substr(at + kMark.size())));
}

Result<StagedFile> StagedFile::create(const fs::path& path) {
  TRY(make_durable_folders(path.parent_path()));
  const fs::path staging = path.string() + std::string(kMark) + make_ulid();
  const int fd = ::open(staging.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return fail(with_write_advice(errno_error(errno, "write", path)));
  return StagedFile(path, staging, fd);
}

StagedFile::StagedFile(StagedFile&& other) noexcept
    : path_(std::move(other.path_)),
      staging_(std::move(other.staging_)),
      fd_(std::exchange(other.fd_, -1)),
      named_(other.named_) {}

StagedFile::~StagedFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(staging_.c_str());
}

Status StagedFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(errno_error(errno, "write", path_));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status StagedFile::sync() {
  if (::fsync(fd_) != 0) return fail(errno_error(errno, "sync", path_));
  crash_point();
  return {};
}

Status StagedFile::sync_folder() const { return sync_file(folder_of(path_)); }

Result<std::string> StagedFile::replace() {
  TRY(sync());
  if (::rename(staging_.c_str(), path_.c_str()) != 0) {
    return fail(errno_error(errno, "rename to", path_));
  }
  named_ = true;
  crash_point();
  TRY(sync_folder());
  return etag();
}

Result<bool> StagedFile::name_new() {
  TRY(sync());
  if (::link(staging_.c_str(), path_.c_str()) != 0) {
    const int code = errno;
    // Over NFS the answer can be lost, and the second try of the client finds its own first one.
    struct stat info {};
    if (::fstat(fd_, &info) == 0 && info.st_nlink == 2) {
      named_ = true;
    } else if (code == EEXIST) {
      return false;
    } else {
      return fail(errno_error(code, "link to", path_));
    }
  }
  named_ = true;
  crash_point();
  TRY(sync_folder());
  return true;
}

Result<std::string> StagedFile::etag() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return fail(errno_error(errno, "stat", path_));
  return etag_of(info);
}

Result<std::string> etag_of_file(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail(errno_error(errno, "stat", path));
  return etag_of(info);
}

}  // namespace sluice
