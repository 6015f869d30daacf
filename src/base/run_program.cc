#include "base/run_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "base/file.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr std::size_t kErrorsBytesMax = 16 << 10;
constexpr int kPollMs = 100;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(errno_error(errno, "make", "a pipe"));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<Descriptor> open_file(const std::filesystem::path& path, int flags) {
  Descriptor out(::open(path.c_str(), flags | O_CLOEXEC, 0666));
  if (out.get() < 0) return fail(errno_error(errno, "open", path));
  return out;
}

// Null-terminated, valid as long as `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    bool is_replaced = false;
    for (const auto& [name, value] : added) is_replaced |= text.starts_with(name + "=");
    if (!is_replaced) out.push_back(text);
  }
  for (const auto& [name, value] : added) out.push_back(name + "=" + value);
  return out;
}

struct Child {
  int input;
  int output;
  int errors;
  char* const* arguments;
  char* const* environment;
  pid_t parent;
};

// Between fork and exec: nothing here may allocate or wait for a lock.
[[noreturn]] void become(const char* program, const Child& child) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != child.parent) ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(child.input, STDIN_FILENO);
  ::dup2(child.output, STDOUT_FILENO);
  ::dup2(child.errors, STDERR_FILENO);
  ::execve(program, child.arguments, child.environment);
  ::_exit(127);
}

void keep_end(std::string& text) {
  if (text.size() > kErrorsBytesMax) text.erase(0, text.size() - kErrorsBytesMax);
}

// Reads both until the program has closed both. Ends the program once it shall be.
void drain(pid_t child, Descriptor& output, Descriptor& errors, const CancelToken* cancel,
           ProgramOutcome& outcome) {
  std::array<char, 65536> piece{};
  const auto take = [&piece](Descriptor& end, std::string& text) {
    const ssize_t size = ::read(end.get(), piece.data(), piece.size());
    if (size > 0) text.append(piece.data(), static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EINTR)) end.close();
  };
  while (output.get() >= 0 || errors.get() >= 0) {
    if (cancel != nullptr && cancel->requested()) ::kill(child, SIGTERM);
    std::array<pollfd, 2> waiting{pollfd{output.get(), POLLIN, 0}, pollfd{errors.get(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), kPollMs) <= 0) continue;
    if (waiting[0].revents != 0) take(output, outcome.output);
    if (waiting[1].revents != 0) take(errors, outcome.errors);
    keep_end(outcome.errors);
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::optional<std::string> find_program(const std::string& name,
                                        const std::vector<std::string>& besides) {
  if (name.find('/') != std::string::npos) return name;
  const char* const path = std::getenv("PATH");
  std::vector<std::string> folders = split(path == nullptr ? "/usr/bin:/bin" : path, ':');
  folders.insert(folders.end(), besides.begin(), besides.end());
  for (const std::string& folder : folders) {
    std::string whole = (folder.empty() ? "." : folder) + "/" + name;
    if (::access(whole.c_str(), X_OK) == 0) return whole;
  }
  return std::nullopt;
}

Result<ProgramOutcome> run_program(const ProgramCall& call, const CancelToken* cancel) {
  const auto program = find_program(call.program);
  if (!program) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("{} is not on PATH", call.program))
                    .about(call.program));
  }
  TRY_ASSIGN(Pipe output, make_pipe());
  TRY_ASSIGN(Pipe errors, make_pipe());
  TRY_ASSIGN(const Descriptor input,
             open_file(call.input.empty() ? "/dev/null" : call.input, O_RDONLY));
  if (!call.output.empty()) {
    TRY_ASSIGN(output.write, open_file(call.output, O_WRONLY | O_CREAT | O_TRUNC));
    output.read.close();
  }
  std::vector<std::string> words = {call.program};
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  std::vector<std::string> environment = environment_with(call.environment);
  const std::vector<char*> word_pointers = pointers(words);
  const std::vector<char*> environment_pointers = pointers(environment);
  const Child prepared{input.get(),          output.write.get(),          errors.write.get(),
                       word_pointers.data(), environment_pointers.data(), ::getpid()};
  const pid_t child = ::fork();
  if (child < 0) return fail(errno_error(errno, "start", *program));
  if (child == 0) become(program->c_str(), prepared);
  output.write.close();
  errors.write.close();
  ProgramOutcome outcome;
  drain(child, output.read, errors.read, cancel, outcome);
  outcome.exit_code = wait_for(child);
  if (cancel != nullptr) TRY(cancel->check());
  return outcome;
}

}  // namespace sluice
