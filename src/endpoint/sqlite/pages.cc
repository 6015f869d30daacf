#include "endpoint/sqlite/pages.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace sluice::sqlite {
namespace {

constexpr std::uint32_t kAheadMax = 64;
constexpr std::string_view kMagic("SQLite format 3\0", 16);

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

bool has_log(const std::string& path) {
  struct stat info {};
  return ::stat((path + "-wal").c_str(), &info) == 0 && info.st_size > 0;
}

sqlite3_file* file_of(Connection& connection) {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(connection.raw(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return code == SQLITE_OK && file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

}  // namespace

// In WAL mode a reader that began while the log was empty reads the file alone, and holds the lock
// that keeps checkpoints from writing to it (https://sqlite.org/walformat.html section 2.3.1).
Result<std::optional<PageLayout>> page_layout(Connection& connection) {
  constexpr std::uint32_t kUtf8 = 1;
  if (connection.path().empty() || has_log(connection.path())) return std::nullopt;
  TRY_ASSIGN(const std::string header, connection.header());
  if (header.size() < 100 || !header.starts_with(kMagic)) return std::nullopt;
  const std::uint32_t encoding = byte_at(header, 56) << 24 | byte_at(header, 57) << 16 |
                                 byte_at(header, 58) << 8 | byte_at(header, 59);
  if (encoding != kUtf8) return std::nullopt;
  PageLayout layout;
  layout.page_bytes = byte_at(header, 16) << 8 | byte_at(header, 17);
  if (layout.page_bytes == 1) layout.page_bytes = 65536;
  const std::uint32_t reserved = byte_at(header, 20);
  constexpr std::uint32_t kPageBytesMin = 512;
  constexpr std::uint32_t kUsableMin = 480;
  if (layout.page_bytes < kPageBytesMin || layout.page_bytes < reserved + kUsableMin) {
    return std::nullopt;
  }
  layout.usable_bytes = layout.page_bytes - reserved;
  sqlite3_int64 bytes = 0;
  sqlite3_file* file = file_of(connection);
  if (file == nullptr || file->pMethods->xFileSize(file, &bytes) != SQLITE_OK) return std::nullopt;
  layout.pages = static_cast<std::uint64_t>(bytes) / layout.page_bytes;
  return layout;
}

Result<std::string_view> Pages::read(std::uint32_t number) {
  if (number == 0) return fail(corrupt(number, "a page refers to page 0"));
  if (number < first_ || number >= end_) {
    ahead_ = number == end_ ? std::min(ahead_ * 2, kAheadMax) : 1;
    sqlite3_file* file = file_of(*connection_);
    if (file == nullptr) return fail(ErrorKind::kInternal, "SQLite's file is closed");
    window_.resize(std::size_t{ahead_} * layout_.page_bytes);
    first_ = number;
    end_ = number + ahead_;
    const auto read_pages = [&] {
      return file->pMethods->xRead(file, window_.data(),
                                   static_cast<int>((end_ - first_) * layout_.page_bytes),
                                   static_cast<sqlite3_int64>(first_ - 1) * layout_.page_bytes);
    };
    int code = read_pages();
    if (code == SQLITE_IOERR_SHORT_READ && ahead_ > 1) {  // the last pages of the file
      end_ = first_ + 1;
      code = read_pages();
    }
    if (code != SQLITE_OK) {
      end_ = first_;
      if (code == SQLITE_IOERR_SHORT_READ) return fail(corrupt(number, "the file ends before it"));
      return fail(connection_->error(code, "read"));
    }
  }
  return std::string_view(window_).substr(
      static_cast<std::size_t>(number - first_) * layout_.page_bytes, layout_.page_bytes);
}

Error Pages::corrupt(std::uint32_t page, std::string_view what) const {
  return Error(ErrorKind::kCorrupt,
               fmt::format("\"{}\" is damaged at page {}: {}", connection_->path(), page, what))
      .about(connection_->path())
      .code("SQLITE_CORRUPT")
      .advise("`sqlite3 FILE 'PRAGMA integrity_check'` says more; restore the file from a backup");
}

}  // namespace sluice::sqlite
