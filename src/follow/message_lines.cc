#include "follow/message_lines.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace sluice::follow {

MessageLines::~MessageLines() {
  if (file_ >= 0) ::close(file_);
}

void MessageLines::add(std::string_view data) {
  const std::size_t begin = text_.size();
  text_ += data;
  std::replace_if(
      text_.begin() + static_cast<std::ptrdiff_t>(begin), text_.end(),
      [](char c) { return c == '\n' || c == '\r'; }, ' ');
  text_ += '\n';
  ++size_;
}

Result<ingest::Input> MessageLines::input() {
  file_ = ::memfd_create("sluice-messages", MFD_CLOEXEC);
  if (file_ < 0) return fail(errno_error(errno, "make", "a file in memory"));
  std::size_t written = 0;
  while (written < text_.size()) {
    const ssize_t done = ::write(file_, text_.data() + written, text_.size() - written);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail(errno_error(errno, "write", "a file in memory"));
    written += static_cast<std::size_t>(done);
  }
  ingest::Input out;
  out.name = "messages";
  out.path = fmt::format("/proc/self/fd/{}", file_);
  out.shape = ingest::InputShape::kLines;
  out.bytes = text_.size();
  return out;
}

}  // namespace sluice::follow
