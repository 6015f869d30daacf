#include "cli/spool.h"

#include <array>
#include <cerrno>

#include "base/file.h"

namespace sluice {
namespace {

constexpr std::size_t kBufferBytesMax = 1 << 20;

}  // namespace

Status Spool::write(std::string_view text) {
  buffer_ += text;
  return buffer_.size() < kBufferBytesMax ? Status{} : spill();
}

Status Spool::spill() {
  if (!file_) {
    file_ = UniqueHandle<std::FILE*, std::fclose>(std::tmpfile());
    if (!file_) return fail(errno_error(errno, "make a temporary file in", P_tmpdir));
  }
  if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size()) {
    return fail(errno_error(errno, "write a temporary file in", P_tmpdir));
  }
  buffer_.clear();
  return {};
}

Status Spool::copy_to(Output& output) {
  if (file_) {
    std::rewind(file_.get());  // flushes too; a failed flush shows as an error of the stream
    std::array<char, 64 * 1024> block;
    while (const std::size_t size = std::fread(block.data(), 1, block.size(), file_.get())) {
      TRY(output.write({block.data(), size}));
    }
    if (std::ferror(file_.get()) != 0) {
      return fail(errno_error(EIO, "read a temporary file in", P_tmpdir));
    }
  }
  return output.write(buffer_);
}

}  // namespace sluice
