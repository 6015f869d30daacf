#include "endpoint/sqlite/copy.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/file.h"

namespace sluice::sqlite {
namespace {

constexpr int kPagesAtOnce = 4096;
constexpr int kBusyRetryMs = 50;

using Backup = UniqueHandle<sqlite3_backup*, sqlite3_backup_finish>;

Status copy_pages(Connection& source, Connection& target) {
  Backup backup(sqlite3_backup_init(target.raw(), "main", source.raw(), "main"));
  if (!backup) return fail(target.error(sqlite3_extended_errcode(target.raw()), "write"));
  int waited_ms = 0;
  while (true) {
    const int code = sqlite3_backup_step(backup.get(), kPagesAtOnce);
    if (code == SQLITE_OK) continue;
    if (code == SQLITE_DONE) break;
    const bool busy = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
    if (!busy || waited_ms >= kBusyTimeoutMs) return fail(source.error(code, "copy"));
    std::this_thread::sleep_for(std::chrono::milliseconds(kBusyRetryMs));
    waited_ms += kBusyRetryMs;
  }
  const int code = sqlite3_backup_finish(backup.release());
  if (code != SQLITE_OK) return fail(target.error(code, "write"));
  return {};
}

Status copy_into(Connection& source, const std::string& path) {
  TRY_ASSIGN(const auto target, Connection::open(path, Access::kCreate));
  TRY(copy_pages(source, *target));
  // The copy stands alone: no log beside it, whatever the source's journal mode is.
  return target->execute("PRAGMA journal_mode = DELETE");
}

}  // namespace

Status copy_database(Connection& source, const std::string& path) {
  TRY_ASSIGN(const std::int64_t pages, source.integer("PRAGMA page_count"));
  TRY_ASSIGN(const std::int64_t page_bytes, source.integer("PRAGMA page_size"));
  TRY_ASSIGN(const std::uint64_t free, free_bytes(std::filesystem::path(path).parent_path()));
  const auto needed = static_cast<std::uint64_t>(pages * page_bytes);
  if (free < needed) {
    return fail(Error(ErrorKind::kLimit,
                      fmt::format("a copy of \"{}\" takes {} bytes, {} are free for \"{}\"",
                                  source.path(), needed, free, path))
                    .about(path)
                    .code("ENOSPC"));
  }
  Status outcome = copy_into(source, path);
  if (outcome) outcome = sync_file(path);
  if (!outcome) {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
  }
  return outcome;
}

}  // namespace sluice::sqlite
