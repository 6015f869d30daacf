#include "client/sqlite/connection.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "base/crash_point.h"
#include "base/file.h"
#include "client/sqlite/classify.h"

namespace sluice::sqlite {
namespace {

constexpr int kProgressSteps = 20'000;  // virtual machine instructions between two looks
constexpr int kLockLookMs = 5;          // between two looks at a lock, at most
constexpr int kHeaderBytes = 100;
constexpr int kReadCacheKib = 4096;
constexpr int kWriteCacheKib = 32768;

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

int asked_to_stop(void* token) {
  return static_cast<const CancelToken*>(token)->requested() ? 1 : 0;
}

}  // namespace

Result<bool> Statement::step() {
  const int code = sqlite3_step(raw_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(connection_->error(sqlite3_extended_errcode(connection_->raw()), "use"));
}

void Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(raw_.get(), index, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(raw_.get(), column));
  if (data == nullptr) return "";
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(raw_.get(), column))};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Access access) {
  std::unique_ptr<Connection> connection(new Connection(path));
  if (!path.empty() && access != Access::kCreate) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return fail(errno_error(errno, "open", path));
    if (S_ISDIR(info.st_mode)) return fail(errno_error(EISDIR, "open", path));
  }
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= access == Access::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::kCreate) flags |= SQLITE_OPEN_CREATE;
  if (path.empty()) flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY;
  const int code = sqlite3_open_v2(path.empty() ? ":memory:" : path.c_str(), connection->raw_.out(),
                                   flags, nullptr);
  if (code != SQLITE_OK) return fail(connection->error(code, "open"));
  connection->wait_for_locks(kBusyTimeoutMs);
  sqlite3_db_config(connection->raw(), SQLITE_DBCONFIG_DQS_DDL, 1, nullptr);
  const int cache = access == Access::kRead ? kReadCacheKib : kWriteCacheKib;
  TRY(connection->execute(fmt::format("PRAGMA cache_size = -{}", cache)));
  if (access != Access::kRead) {
    // Only the commit of a chunk syncs, so full safety costs next to nothing.
    TRY(connection->execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF"));
  }
  return connection;
}

Error Connection::error(int code, std::string_view action) const {
  return sqlite_error(raw(), code, action, path_);
}

Status Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(raw(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(sqlite3_extended_errcode(raw()), "use"));
  return {};
}

Result<Statement> Connection::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(raw(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return fail(error(sqlite3_extended_errcode(raw()), "use"));
  return Statement(this, statement);
}

Result<std::optional<std::string>> Connection::value(const std::string& sql) {
  TRY_ASSIGN(Statement statement, prepare(sql));
  TRY_ASSIGN(const bool found, statement.step());
  if (!found || statement.is_null(0)) return std::nullopt;
  return statement.text(0);
}

Result<std::int64_t> Connection::integer(const std::string& sql) {
  TRY_ASSIGN(Statement statement, prepare(sql));
  TRY_ASSIGN(const bool found, statement.step());
  return found ? statement.integer(0) : 0;
}

void Connection::watch(const CancelToken* cancel) {
  if (cancel == nullptr) return sqlite3_progress_handler(raw(), 0, nullptr, nullptr);
  sqlite3_progress_handler(raw(), kProgressSteps, asked_to_stop, const_cast<CancelToken*>(cancel));
}

void Connection::wait_for_locks(int limit_ms) {
  lock_wait_.limit_ms = limit_ms;
  sqlite3_busy_handler(raw(), wait_a_moment, &lock_wait_);
}

int Connection::wait_a_moment(void* wait, int calls) {
  auto& lock_wait = *static_cast<LockWait*>(wait);
  const auto now = std::chrono::steady_clock::now();
  if (calls == 0) lock_wait.begun = now;
  if (now - lock_wait.begun >= std::chrono::milliseconds(lock_wait.limit_ms)) return 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(std::min(calls + 1, kLockLookMs)));
  return 1;
}

Result<std::string> Connection::header() {
  sqlite3_file* file = nullptr;
  const int found = sqlite3_file_control(raw(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (found != SQLITE_OK || file == nullptr || file->pMethods == nullptr) return std::string();
  std::string bytes(kHeaderBytes, '\0');
  const int code = file->pMethods->xRead(file, bytes.data(), kHeaderBytes, 0);
  if (code == SQLITE_IOERR_SHORT_READ) return std::string();
  if (code != SQLITE_OK) return fail(error(code, "read"));
  return bytes;
}

// https://sqlite.org/fileformat2.html section 1.3: page size at 16, change counter at 24, pages at
// 28, which count only where "version valid for" at 92 equals the change counter.
Status Connection::check_length() {
  if (path_.empty()) return {};
  TRY_ASSIGN(const std::string bytes, header());
  if (bytes.empty()) return {};
  std::uint64_t page_bytes = big_endian(bytes, 16, 2);
  if (page_bytes == 1) page_bytes = 65536;
  const std::uint64_t pages = big_endian(bytes, 28, 4);
  if (big_endian(bytes, 24, 4) != big_endian(bytes, 92, 4)) return {};
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0) return fail(errno_error(errno, "read", path_));
  struct stat wal {};
  const bool has_wal = ::stat((path_ + "-wal").c_str(), &wal) == 0 && wal.st_size > 0;
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (has_wal || pages * page_bytes <= size) return {};
  return fail(Error(ErrorKind::kCorrupt,
                    fmt::format("\"{}\" is cut off: it has {} bytes, its header says {}", path_,
                                size, pages * page_bytes))
                  .about(path_)
                  .code("SQLITE_CORRUPT")
                  .advise("restore the file from a backup"));
}

void remove_empty_log(const std::string& path) {
  struct stat info {};
  if (path.empty() || ::stat((path + "-wal").c_str(), &info) != 0 || info.st_size > 0) return;
  const auto closer = Connection::open(path, Access::kWrite);
  if (!closer) return;
  (*closer)->wait_for_locks(0);
  // Only a connection that has read knows that there is a log.
  sqlite3_exec((*closer)->raw(), "SELECT 1 FROM sqlite_schema LIMIT 1", nullptr, nullptr, nullptr);
}

Result<Transaction> Transaction::begin(Connection& connection) {
  TRY(connection.execute("BEGIN IMMEDIATE"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ == nullptr) return;
  // SQLite may have rolled back by itself (a full disk); then there is nothing to do.
  if (sqlite3_get_autocommit(connection_->raw()) == 0) {
    sqlite3_exec(connection_->raw(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Status Transaction::commit() {
  crash_point();
  TRY(connection_->execute("COMMIT"));
  connection_ = nullptr;
  crash_point();
  return {};
}

}  // namespace sluice::sqlite
