#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "backup/backup.h"
#include "backup/sha256_sum.h"
#include "base/file.h"

namespace sluice {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::uint64_t kRemotePieceBytes = std::uint64_t{8} << 20U;

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Result<std::string> sha256_hex_of_file(const std::filesystem::path& path) {
  const OpenFile file(path);
  if (file.get() < 0) return fail(errno_error(errno, "read", path));
  TRY_ASSIGN(Sha256Sum digest, Sha256Sum::begin());
  std::vector<char> piece(kPieceBytes);
  while (true) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(errno_error(errno, "read", path));
    if (size == 0) return digest.finish();
    TRY(digest.add({piece.data(), static_cast<std::size_t>(size)}));
  }
}

Result<std::string> sha256_hex_of_file(Files& files, const FoundFile& file) {
  TRY_ASSIGN(Sha256Sum digest, Sha256Sum::begin());
  for (std::uint64_t at = 0; at < file.bytes; at += kRemotePieceBytes) {
    TRY_ASSIGN(const std::string piece,
               files.read_range(file.path, at, std::min(kRemotePieceBytes, file.bytes - at)));
    TRY(digest.add(piece));
  }
  return digest.finish();
}

}  // namespace sluice
