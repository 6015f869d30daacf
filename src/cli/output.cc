#include "cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace sluice {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

// Returns: 0 or errno.
int write_fully(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

Status Output::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() < kBufferBytes) return {};
  return finish();
}

Status Output::finish() {
  const int code = write_fully(STDOUT_FILENO, buffer_);
  buffer_.clear();
  if (code == EPIPE) {
    reader_gone_ = true;
    return fail(Error(ErrorKind::kCancelled, "standard output was closed").code("EPIPE"));
  }
  if (code != 0) return fail(errno_error(code, "write", "standard output"));
  return {};
}

void write_error_text(std::string_view text) { (void)write_fully(STDERR_FILENO, text); }

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

int terminal_width(int fd) {
  winsize size = {};
  return is_terminal(fd) && ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace sluice
