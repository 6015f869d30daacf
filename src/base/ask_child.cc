#include "base/ask_child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file.h"

namespace sluice {
namespace {

std::string read_all(int end) {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const ssize_t size = ::read(end, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

[[noreturn]] void answer(const std::function<std::string()>& act, int end) {
  const std::string text = act();
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = ::write(end, text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) ::_exit(1);
    done += static_cast<std::size_t>(size);
  }
  ::_exit(0);
}

}  // namespace

Result<std::string> ask_child(const std::function<std::string()>& act) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(errno_error(errno, "make", "a pipe"));
  const pid_t child = ::fork();
  if (child < 0) {
    const int error = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return fail(errno_error(error, "start", "a process"));
  }
  if (child == 0) answer(act, ends[1]);
  ::close(ends[1]);
  std::string text = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) text.clear();
  return text;
}

}  // namespace sluice
