#include "journal/database.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <thread>

namespace sluice::journal {
namespace {

struct CodeRow {
  int code;
  ErrorKind kind;
  std::string_view name;
};

constexpr std::array kCodes = {
    CodeRow{SQLITE_BUSY, ErrorKind::kTransient, "SQLITE_BUSY"},
    CodeRow{SQLITE_LOCKED, ErrorKind::kTransient, "SQLITE_LOCKED"},
    CodeRow{SQLITE_IOERR, ErrorKind::kTransient, "SQLITE_IOERR"},
    CodeRow{SQLITE_PROTOCOL, ErrorKind::kTransient, "SQLITE_PROTOCOL"},
    CodeRow{SQLITE_CORRUPT, ErrorKind::kCorrupt, "SQLITE_CORRUPT"},
    CodeRow{SQLITE_NOTADB, ErrorKind::kCorrupt, "SQLITE_NOTADB"},
    CodeRow{SQLITE_FULL, ErrorKind::kLimit, "SQLITE_FULL"},
    CodeRow{SQLITE_NOMEM, ErrorKind::kLimit, "SQLITE_NOMEM"},
    CodeRow{SQLITE_READONLY, ErrorKind::kDenied, "SQLITE_READONLY"},
    CodeRow{SQLITE_PERM, ErrorKind::kDenied, "SQLITE_PERM"},
    CodeRow{SQLITE_AUTH, ErrorKind::kDenied, "SQLITE_AUTH"},
    CodeRow{SQLITE_CANTOPEN, ErrorKind::kDenied, "SQLITE_CANTOPEN"},
    CodeRow{SQLITE_CONSTRAINT, ErrorKind::kExists, "SQLITE_CONSTRAINT"},
};

// SQLite does not wait when two connections switch to WAL at once.
constexpr auto kWalRetryPause = std::chrono::milliseconds(20);
constexpr int kWalRetriesMax = 250;

Error error_of(int code, sqlite3* database, const std::string& path) {
  const char* text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  Error error(ErrorKind::kInternal, fmt::format("journal \"{}\": {}", path, text));
  error.object = path;
  error.vendor_code = fmt::format("SQLITE_{}", code);
  for (const CodeRow& row : kCodes) {
    if (row.code != (code & 0xFF)) continue;
    error.kind = row.kind;
    error.vendor_code = row.name;
  }
  if (error.kind == ErrorKind::kCorrupt) {
    error.hint = "move the file away, or choose another state folder with --state";
  }
  return error;
}

}  // namespace

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(error_of(code, database_, path_));
}

Status Statement::run() {
  TRY(step());
  return {};
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  if (bytes == nullptr) return "";
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

void Statement::bind_one(int index, std::string_view value) {
  sqlite3_bind_text64(handle_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
}

Result<Database> Database::open(const std::filesystem::path& path, bool create,
                                int busy_timeout_ms) {
  UniqueHandle<sqlite3*, sqlite3_close_v2> handle;
  const int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), handle.out(), flags, nullptr);
  if (code != SQLITE_OK) return fail(error_of(code, handle.get(), path.string()));
  sqlite3_busy_timeout(handle.get(), busy_timeout_ms);
  Database database(std::move(handle), path.string());
  TRY(database.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"));
  return database;
}

Status Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error_of(code, handle_.get(), path_));
  return {};
}

Result<Statement> Database::prepare(const std::string& sql) {
  UniqueHandle<sqlite3_stmt*, sqlite3_finalize> statement;
  const int code = sqlite3_prepare_v2(handle_.get(), sql.c_str(), static_cast<int>(sql.size()),
                                      statement.out(), nullptr);
  if (code != SQLITE_OK) return fail(error_of(code, handle_.get(), path_));
  return Statement(std::move(statement), handle_.get(), path_);
}

Result<std::int64_t> Database::integer(const std::string& sql) {
  TRY_ASSIGN(Statement statement, prepare(sql));
  TRY_ASSIGN(const bool found, statement.step());
  return found ? statement.integer(0) : 0;
}

Result<bool> Database::uses_wal() {
  TRY_ASSIGN(Statement mode, prepare("PRAGMA journal_mode"));
  TRY(mode.step());
  return mode.text(0) == "wal";
}

Status Database::use_wal() {
  for (int attempt = 0; attempt < kWalRetriesMax; ++attempt) {
    const Status changed = execute("PRAGMA journal_mode = WAL");
    if (!changed && changed.error().kind != ErrorKind::kTransient) return changed;
    TRY_ASSIGN(const bool uses, uses_wal());
    if (uses) return {};
    std::this_thread::sleep_for(kWalRetryPause);
  }
  return fail(ErrorKind::kUnsupported,
              fmt::format("journal \"{}\": this file system cannot hold a WAL", path_));
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  sqlite3_exec(database_->handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit() {
  TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace sluice::journal
