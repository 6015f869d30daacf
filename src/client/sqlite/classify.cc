#include "client/sqlite/classify.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace sluice::sqlite {
namespace {

struct Row {
  int code;
  ErrorKind kind;
  std::string_view name;
};

// By primary code, but for the extended ones that ask for something else of the caller.
constexpr std::array kRows = {
    Row{SQLITE_READONLY_DBMOVED, ErrorKind::kConflict, "SQLITE_READONLY_DBMOVED"},
    Row{SQLITE_IOERR_DELETE_NOENT, ErrorKind::kConflict, "SQLITE_IOERR_DELETE_NOENT"},
    Row{SQLITE_READONLY_ROLLBACK, ErrorKind::kConflict, "SQLITE_READONLY_ROLLBACK"},
    Row{SQLITE_READONLY_RECOVERY, ErrorKind::kConflict, "SQLITE_READONLY_RECOVERY"},
    Row{SQLITE_IOERR_SHORT_READ, ErrorKind::kCorrupt, "SQLITE_IOERR_SHORT_READ"},
    Row{SQLITE_IOERR_CORRUPTFS, ErrorKind::kCorrupt, "SQLITE_IOERR_CORRUPTFS"},
    Row{SQLITE_IOERR_NOMEM, ErrorKind::kLimit, "SQLITE_IOERR_NOMEM"},
    Row{SQLITE_ERROR, ErrorKind::kInvalid, "SQLITE_ERROR"},
    Row{SQLITE_INTERNAL, ErrorKind::kInternal, "SQLITE_INTERNAL"},
    Row{SQLITE_PERM, ErrorKind::kDenied, "SQLITE_PERM"},
    Row{SQLITE_ABORT, ErrorKind::kCancelled, "SQLITE_ABORT"},
    Row{SQLITE_BUSY, ErrorKind::kConflict, "SQLITE_BUSY"},
    Row{SQLITE_LOCKED, ErrorKind::kConflict, "SQLITE_LOCKED"},
    Row{SQLITE_NOMEM, ErrorKind::kLimit, "SQLITE_NOMEM"},
    Row{SQLITE_READONLY, ErrorKind::kDenied, "SQLITE_READONLY"},
    Row{SQLITE_INTERRUPT, ErrorKind::kCancelled, "SQLITE_INTERRUPT"},
    Row{SQLITE_IOERR, ErrorKind::kTransient, "SQLITE_IOERR"},
    Row{SQLITE_CORRUPT, ErrorKind::kCorrupt, "SQLITE_CORRUPT"},
    Row{SQLITE_FULL, ErrorKind::kLimit, "SQLITE_FULL"},
    Row{SQLITE_CANTOPEN, ErrorKind::kNotFound, "SQLITE_CANTOPEN"},
    Row{SQLITE_PROTOCOL, ErrorKind::kConflict, "SQLITE_PROTOCOL"},
    Row{SQLITE_SCHEMA, ErrorKind::kConflict, "SQLITE_SCHEMA"},
    Row{SQLITE_TOOBIG, ErrorKind::kLimit, "SQLITE_TOOBIG"},
    Row{SQLITE_CONSTRAINT, ErrorKind::kConflict, "SQLITE_CONSTRAINT"},
    Row{SQLITE_MISMATCH, ErrorKind::kConflict, "SQLITE_MISMATCH"},
    Row{SQLITE_MISUSE, ErrorKind::kInternal, "SQLITE_MISUSE"},
    Row{SQLITE_NOLFS, ErrorKind::kLimit, "SQLITE_NOLFS"},
    Row{SQLITE_AUTH, ErrorKind::kDenied, "SQLITE_AUTH"},
    Row{SQLITE_RANGE, ErrorKind::kInternal, "SQLITE_RANGE"},
    Row{SQLITE_NOTADB, ErrorKind::kCorrupt, "SQLITE_NOTADB"},
};

const Row& row_of(int code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  for (const Row& row : kRows) {
    if (row.code == (code & 0xff)) return row;
  }
  return row_of(SQLITE_INTERNAL);
}

std::string_view hint_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "end what uses the file, then run the command again";
    case SQLITE_FULL:
      return "free some space on that device, then `sluice resume RUN`";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "`sqlite3 FILE 'PRAGMA integrity_check'` says more; restore the file from a backup";
    case SQLITE_READONLY:
      if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY) {
        return "a crash left a journal beside the file: open it once with its own program";
      }
      return code == SQLITE_READONLY_DBMOVED
                 ? "somebody moved or removed the file while it was written; start a new run"
                 : "";
    default:
      return "";
  }
}

std::string process_name(long pid) {
  std::ifstream in(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(in, name);
  return name.empty() ? fmt::format("process {}", pid) : fmt::format("{} (process {})", name, pid);
}

}  // namespace

std::optional<std::string> lock_holder(const std::string& path) {
  std::vector<std::string> inodes;
  for (const char* suffix : {"", "-shm"}) {
    struct stat info {};
    if (::stat((path + suffix).c_str(), &info) != 0) continue;
    inodes.push_back(
        fmt::format("{:02x}:{:02x}:{}", major(info.st_dev), minor(info.st_dev), info.st_ino));
  }
  // 1: POSIX  ADVISORY  WRITE 4711 fe:01:1234567 1073741824 1073742335
  std::ifstream in("/proc/locks");
  bool own = false;  // an own lock says nothing as long as others have some too
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string number, family, strength, mode, inode;
    long pid = 0;
    words >> number >> family >> strength >> mode >> pid >> inode;
    if (family != "POSIX" || pid <= 0) continue;
    for (const std::string& ours : inodes) {
      if (inode != ours) continue;
      if (pid != ::getpid()) return process_name(pid);
      own = true;
    }
  }
  if (own) return "this process itself";
  return std::nullopt;
}

Error sqlite_error(sqlite3* db, int code, std::string_view action, const std::string& path) {
  const Row& row = row_of(code);
  std::string detail = db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db);
  const int primary = code & 0xff;
  const int errno_value = db == nullptr ? 0 : sqlite3_system_errno(db);
  if ((primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR || primary == SQLITE_PERM) &&
      row.code == primary && errno_value != 0) {
    return errno_error(errno_value, action, path);
  }
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
    if (const auto holder = lock_holder(path)) detail += ", held by " + *holder;
  }
  Error error(row.kind, fmt::format("cannot {} \"{}\": {}", action, path, detail));
  error.object = path;
  error.vendor_code =
      row.code == code ? std::string(row.name) : fmt::format("{}({})", row.name, code);
  error.hint = hint_of(code);
  return error;
}

}  // namespace sluice::sqlite
