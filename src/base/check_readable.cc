// The check by a child process. Between fork() and _exit() it calls nothing but system calls: the
// process may have threads, whose locks the child has no way to get.

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "base/access_advice.h"
#include "base/ask_child.h"
#include "base/file.h"
#include "base/file_access.h"
#include "base/text.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

enum class Need { kEnter, kList, kRead, kWriteFolder };

struct Probe {
  std::string path;
  Need need = Need::kRead;
  std::string database;  // of kWriteFolder: whose side files are to be made there
};

// What the child tells: which probe failed first (-1 for none), and why.
struct Verdict {
  int probe = -1;
  int error = 0;
  bool cannot_become = false;
};
static_assert(sizeof(Verdict) < 16, "as a text it has to do without memory of its own");

// Byte 18 of the file's header (SQLite's file format, "File format version numbers").
bool is_in_wal_mode(const fs::path& database) {
  constexpr off_t kWriteVersion = 18;
  unsigned char version = 0;
  const int fd = ::open(database.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t size = ::pread(fd, &version, 1, kWriteVersion);
  ::close(fd);
  return size == 1 && version == 2;
}

// Folders above first: the outermost one that is closed is the one to open.
std::vector<Probe> probes_of(const ReadableSet& set) {
  std::vector<Probe> out;
  std::set<std::string> entered;
  const auto enter = [&](const fs::path& path) {
    std::vector<fs::path> above;
    for (fs::path at = path.parent_path(); at.has_relative_path(); at = at.parent_path()) {
      if (!entered.insert(at.string()).second) break;
      above.push_back(at);
    }
    for (auto at = above.rbegin(); at != above.rend(); ++at) {
      out.push_back({at->string(), Need::kEnter, {}});
    }
  };
  for (const fs::path& folder : set.folders) {
    const fs::path plain = folder.has_filename() ? folder : folder.parent_path();
    enter(plain);
    out.push_back({plain.string(), Need::kList, {}});
  }
  for (const fs::path& database : set.sqlite_databases) {
    enter(database);
    out.push_back({database.string(), Need::kRead, {}});
    std::error_code code;
    bool both = true;
    for (const char* const ending : {"-wal", "-shm"}) {
      const std::string side = database.string() + ending;
      if (fs::exists(side, code)) {
        out.push_back({side, Need::kRead, {}});
      } else {
        both = false;
      }
    }
    if (!both && is_in_wal_mode(database))
      out.push_back({database.parent_path().string(), Need::kWriteFolder, database.string()});
  }
  for (const fs::path& file : set.files) {
    enter(file);
    out.push_back({file.string(), Need::kRead, {}});
  }
  return out;
}

int probe(const char* path, Need need) {
  switch (need) {
    case Need::kEnter:
      return ::access(path, X_OK) == 0 ? 0 : errno;
    case Need::kWriteFolder:
      return ::access(path, W_OK | X_OK) == 0 ? 0 : errno;
    case Need::kList:
      if (::access(path, X_OK) != 0) return errno;
      break;
    case Need::kRead:
      break;
  }
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC | (need == Need::kList ? O_DIRECTORY : 0));
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

// The system calls themselves: the library's functions would want the other threads to follow.
bool become(const SystemUser& reader) {
  if (reader.user == ::geteuid()) return true;
  return ::syscall(SYS_setgroups, reader.groups.size(), reader.groups.data()) == 0 &&
         ::syscall(SYS_setresgid, reader.group, reader.group, reader.group) == 0 &&
         ::syscall(SYS_setresuid, reader.user, reader.user, reader.user) == 0;
}

Verdict look_as(const SystemUser& reader, const std::vector<Probe>& probes) {
  if (!become(reader)) return {0, errno, true};
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const int error = probe(probes[i].path.c_str(), probes[i].need);
    if (error != 0) return {static_cast<int>(i), error, false};
  }
  return {};
}

Result<Verdict> look_in_child(const SystemUser& reader, const std::vector<Probe>& probes) {
  TRY_ASSIGN(const std::string answer, ask_child([&] {
               const Verdict verdict = look_as(reader, probes);
               return std::string(reinterpret_cast<const char*>(&verdict), sizeof verdict);
             }));
  Verdict verdict;
  if (answer.size() != sizeof verdict) {
    return fail(ErrorKind::kInternal, "the process that checks what can be read died");
  }
  std::memcpy(&verdict, answer.data(), sizeof verdict);
  return verdict;
}

// "grafana:grafana 0640"
std::string owner_text(const struct stat& info) {
  const passwd* const user = ::getpwuid(info.st_uid);
  const group* const owners = ::getgrgid(info.st_gid);
  return fmt::format("{}:{} {:04o}", user == nullptr ? std::to_string(info.st_uid) : user->pw_name,
                     owners == nullptr ? std::to_string(info.st_gid) : owners->gr_name,
                     info.st_mode & 07777U);
}

// Whose bits of the mode count for this user.
char class_of(const SystemUser& reader, const struct stat& info) {
  if (info.st_uid == reader.user) return 'u';
  if (info.st_gid == reader.group) return 'g';
  for (const gid_t group : reader.groups) {
    if (group == info.st_gid) return 'g';
  }
  return 'o';
}

// The outermost folder above that this user cannot enter; the path itself where there is none.
fs::path closed_at(const fs::path& path) {
  std::vector<fs::path> above;
  for (fs::path at = path.parent_path(); at.has_relative_path(); at = at.parent_path()) {
    above.push_back(at);
  }
  for (auto at = above.rbegin(); at != above.rend(); ++at) {
    if (::access(at->c_str(), X_OK) != 0 && errno == EACCES) return *at;
  }
  return path;
}

Error denied(const SystemUser& reader, const Probe& failed, int errno_value) {
  struct stat info {};
  const bool known = ::stat(failed.path.c_str(), &info) == 0;
  const bool is_enter = failed.need == Need::kEnter;
  const bool is_write = failed.need == Need::kWriteFolder;
  const std::string_view verb = is_enter                     ? "enter the folder"
                                : failed.need == Need::kList ? "list the folder"
                                : is_write                   ? "write in the folder"
                                                             : "read";
  std::string message = fmt::format("{} cannot {} \"{}\": {}", reader.name, verb, failed.path,
                                    std::strerror(errno_value));
  if (known) message += fmt::format("; it is {}", owner_text(info));
  Error error(
      errno_value == EACCES || errno_value == EPERM ? ErrorKind::kDenied : ErrorKind::kNotFound,
      std::move(message));
  error.object = failed.path;
  if (const char* const name = strerrorname_np(errno_value)) error.vendor_code = name;
  if (!known) return error;
  const std::string_view bits = is_enter                     ? "x"
                                : failed.need == Need::kList ? "rx"
                                : is_write                   ? "wx"
                                                             : "r";
  error.hint =
      fmt::format("run: chmod {}+{} {}", class_of(reader, info), bits, shell_word(failed.path));
  if (!is_enter && reader.user != info.st_uid && reader.name.find(' ') == std::string::npos) {
    error.hint +=
        fmt::format("\nor:  chown {} {}", shell_word(reader.name + ":"), shell_word(failed.path));
  }
  if (is_write) {
    error.hint = fmt::format(
        "\"{0}\" is a SQLite database in WAL mode whose -wal and -shm files are not there, as the "
        "program that wrote last took them away: who reads it has to be able to make them\n"
        "run: sluice lake snapshots {1}\n"
        "which makes both, and they stay until a program that is not sluice writes again; for "
        "good, "
        "{2}",
        failed.database, shell_word("ducklake:sqlite:" + failed.database), error.hint);
  }
  return error;
}

}  // namespace

namespace {

// `bits`: what this process's user needs of `path`.
Error with_advice(Error error, const fs::path& path, std::string_view bits) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return error;
  const SystemUser self = find_user(std::to_string(::geteuid())).value_or(SystemUser{});
  error.message +=
      fmt::format("; \"{}\" is {}, and this is {}", path.string(), owner_text(info), self.name);
  error.hint = fmt::format("run: chmod {}+{} {}\nor:  chown {} {}", class_of(self, info), bits,
                           shell_word(path.string()), shell_word(self.name + ":"),
                           shell_word(path.string()));
  return error;
}

bool wants_advice(const Error& error) {
  return error.kind == ErrorKind::kDenied && !error.object.empty() && error.hint.empty();
}

fs::path plain_path(const std::string& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

}  // namespace

Error with_access_advice(Error error) {
  if (!wants_advice(error)) return error;
  const fs::path path = closed_at(plain_path(error.object));
  std::error_code code;
  return with_advice(std::move(error), path, fs::is_directory(path, code) ? "rx" : "r");
}

Error with_write_advice(Error error) {
  if (!wants_advice(error)) return error;
  const fs::path whole = plain_path(error.object);
  fs::path path = closed_at(whole);
  std::error_code code;
  if (path != whole) return with_advice(std::move(error), path, "x");
  while (!fs::exists(path, code) && path.has_relative_path()) path = path.parent_path();
  return with_advice(std::move(error), path, fs::is_directory(path, code) ? "wx" : "rw");
}

Status check_can_read(const fs::path& path, const std::string& action) {
  if (::access(path.c_str(), R_OK) == 0 || errno != EACCES) return {};
  return fail(with_access_advice(errno_error(EACCES, action, fs::absolute(path))));
}

Status check_can_write(const fs::path& path, const std::string& action) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  if (::access(whole.c_str(), W_OK) == 0) return {};
  if (errno == ENOENT) {
    const fs::path folder = whole.parent_path();
    if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
    if (errno == ENOENT) {
      return fail(errno_error(ENOENT, action, whole)
                      .advise("make its folder: mkdir -p " + shell_word(folder.string())));
    }
  }
  return fail(with_write_advice(errno_error(errno, action, whole)));
}

Status check_readable(const SystemUser& reader, const ReadableSet& set) {
  const std::vector<Probe> probes = probes_of(set);
  TRY_ASSIGN(const Verdict verdict, look_in_child(reader, probes));
  if (verdict.cannot_become) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("only root can look at files as {}", reader.name))
                    .about(reader.name)
                    .code("EPERM")
                    .advise("run it as root (sudo)"));
  }
  if (verdict.probe < 0) return {};
  return fail(denied(reader, probes.at(static_cast<std::size_t>(verdict.probe)), verdict.error));
}

}  // namespace sluice
