#include "ingest/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadBytes = 256U << 10;
constexpr std::size_t kPackedBytes = 64U << 10;
constexpr int kGzipOnly = 16 + MAX_WBITS;

class FileBytes final : public ByteSource {
 public:
  FileBytes(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}
  ~FileBytes() override { ::close(fd_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  Result<std::size_t> read(char* room, std::size_t bytes_max) override {
    while (true) {
      const ssize_t got = ::read(fd_, room, bytes_max);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return fail(errno_error(errno, "read", path_));
    }
  }

 private:
  int fd_;
  fs::path path_;
};

// One gzip member after the other.
class GzipBytes final : public ByteSource {
 public:
  explicit GzipBytes(std::unique_ptr<ByteSource> packed) : packed_(std::move(packed)) {
    inflateInit2(&stream_, kGzipOnly);
  }
  ~GzipBytes() override { inflateEnd(&stream_); }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;

  Result<std::size_t> read(char* room, std::size_t bytes_max) override {
    stream_.next_out = reinterpret_cast<Bytef*>(room);
    stream_.avail_out = static_cast<uInt>(bytes_max);
    while (stream_.avail_out == static_cast<uInt>(bytes_max)) {
      if (stream_.avail_in == 0) {
        TRY_ASSIGN(const std::size_t got, packed_->read(buffer_.data(), buffer_.size()));
        if (got == 0 && !is_inside_) return 0;
        if (got == 0) return fail(ErrorKind::kCorrupt, "the gzip data ends too early");
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        stream_.avail_in = static_cast<uInt>(got);
      }
      is_inside_ = true;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        is_inside_ = false;
        inflateReset(&stream_);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return fail(ErrorKind::kCorrupt,
                    fmt::format("the gzip data is damaged: {}",
                                stream_.msg == nullptr ? "unknown" : stream_.msg));
      }
    }
    return bytes_max - stream_.avail_out;
  }

 private:
  std::unique_ptr<ByteSource> packed_;
  z_stream stream_ = {};
  std::vector<char> buffer_ = std::vector<char>(kPackedBytes);
  bool is_inside_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_bytes(const fs::path& path, bool is_gzip,
                                               std::uint64_t offset) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(errno_error(errno, "open", path));
  std::unique_ptr<ByteSource> file = std::make_unique<FileBytes>(fd, path);
  if (offset > 0 && ::lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0) {
    return fail(errno_error(errno, "read", path));
  }
  if (!is_gzip) return file;
  return std::make_unique<GzipBytes>(std::move(file));
}

Result<bool> is_gzip_file(const fs::path& path) {
  TRY_ASSIGN(const auto bytes, open_bytes(path, false, 0));
  std::array<char, 2> head{};
  TRY_ASSIGN(const std::size_t got, bytes->read(head.data(), head.size()));
  return got == 2 && head[0] == '\x1f' && head[1] == '\x8b';
}

Status Window::more() {
  if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
    end_ -= at_;
    at_ = 0;
  }
  if (buffer_.size() < end_ + kReadBytes / 2) {
    if (end_ >= kRecordBytesMax) {
      return fail(ErrorKind::kCorrupt,
                  fmt::format("a record is longer than {} bytes", kRecordBytesMax));
    }
    buffer_.resize(std::max(kReadBytes, buffer_.size() * 2));
  }
  TRY_ASSIGN(const std::size_t got, source_->read(buffer_.data() + end_, buffer_.size() - end_));
  end_ += got;
  if (got == 0) is_complete_ = true;
  return {};
}

}  // namespace sluice::ingest
