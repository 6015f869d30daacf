#include "backup/lake_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "backup/backup.h"
#include "base/crash_point.h"
#include "base/file.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPieceBytes = std::uint64_t{8} << 20U;

Status copy_here(const fs::path& source, const fs::path& target) {
  std::error_code code;
  fs::copy_file(source, target, fs::copy_options::overwrite_existing, code);
  if (!code) return sync_file(target);
  const bool is_gone = code == std::errc::no_such_file_or_directory;
  return fail(errno_error(code.value(), is_gone ? "copy" : "copy to", is_gone ? source : target));
}

Status write_all(int fd, std::string_view bytes, const fs::path& target) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno != EINTR) return fail(errno_error(errno, "write", target));
    if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<bool> has_content(const ArchivedFile& file, const std::string& path, Files& files) {
  TRY_ASSIGN(const auto found, files.find(path));
  if (!found || found->bytes != file.bytes) return false;
  TRY_ASSIGN(const std::string now, sha256_hex_of_file(files, *found));
  return now == file.sha256;
}

}  // namespace

Status fetch_file(Files& files, const std::string& source, const fs::path& target) {
  if (files.is_local()) return copy_here(source, target);
  TRY_ASSIGN(const auto found, files.find(source));
  if (!found) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("\"{}\" is not there", source)).about(source));
  }
  const int fd = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return fail(errno_error(errno, "write", target));
  const auto copy = [&]() -> Status {
    for (std::uint64_t at = 0; at < found->bytes; at += kPieceBytes) {
      TRY_ASSIGN(const std::string piece,
                 files.read_range(source, at, std::min(kPieceBytes, found->bytes - at)));
      TRY(write_all(fd, piece, target));
    }
    return {};
  };
  const Status copied = copy();
  ::close(fd);
  TRY(copied);
  return sync_file(target);
}

Status bring_file(const fs::path& archive, const ArchivedFile& file, const std::string& target,
                  Files& files) {
  TRY_ASSIGN(const bool is_there, has_content(file, target, files));
  if (is_there) return {};
  TRY(files.copy((archive / file.path).string(), target));
  crash_point();
  TRY_ASSIGN(const bool is_same, has_content(file, target, files));
  if (is_same) return {};
  return fail(Error(ErrorKind::kMismatch,
                    fmt::format("\"{}\" is not what was put there: another size, or another "
                                "SHA-256 than {}",
                                target, file.sha256))
                  .about(target)
                  .advise("somebody else writes there: restore to another place"));
}

}  // namespace sluice
