#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "backup/backup.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unique_handle.h"

namespace sluice {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

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
  const UniqueHandle<EVP_MD_CTX*, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return fail(ErrorKind::kInternal, "cannot start SHA-256");
  }
  std::vector<char> piece(kPieceBytes);
  while (true) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(errno_error(errno, "read", path));
    if (size == 0) break;
    if (EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(size)) != 1) {
      return fail(ErrorKind::kInternal, "cannot compute SHA-256");
    }
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    return fail(ErrorKind::kInternal, "cannot finish SHA-256");
  }
  return hex(digest.data(), size);
}

}  // namespace sluice
