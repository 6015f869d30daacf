// One connection to a file, its statements, and the lock-safe looks at the file itself.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "base/unique_handle.h"

namespace sluice::sqlite {

class Connection;

// A prepared statement. Valid as long as its connection.
class Statement {
 public:
  Statement() = default;
  Statement(Connection* connection, sqlite3_stmt* raw) : connection_(connection), raw_(raw) {}

  // True: a row is there. False: the end.
  Result<bool> step();
  void reset() { sqlite3_reset(raw_.get()); }
  // `text` must live until the next step or reset.
  void bind(int index, std::string_view text);
  void bind(int index, std::int64_t value) { sqlite3_bind_int64(raw_.get(), index, value); }

  std::int64_t integer(int column) const { return sqlite3_column_int64(raw_.get(), column); }
  std::string text(int column) const;
  bool is_null(int column) const { return sqlite3_column_type(raw_.get(), column) == SQLITE_NULL; }
  sqlite3_stmt* raw() const { return raw_.get(); }

 private:
  Connection* connection_ = nullptr;
  UniqueHandle<sqlite3_stmt*, sqlite3_finalize> raw_;
};

enum class Access { kRead, kWrite, kCreate };

// A connection belongs to one thread at a time.
class Connection {
 public:
  // An empty path is an empty database in memory. Requires: `path` is absolute.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Access access);

  Status execute(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  // The first column of the first row; nullopt where there is no row or it is NULL.
  Result<std::optional<std::string>> value(const std::string& sql);
  Result<std::int64_t> integer(const std::string& sql);

  // Ends running statements once `cancel` is requested. Null: never.
  void watch(const CancelToken* cancel);
  // How long a statement waits for a lock; kBusyTimeoutMs until this is called. It looks often, so
  // that the gaps between the transactions of a busy writer are found.
  void wait_for_locks(int limit_ms);
  Error error(int code, std::string_view action) const;
  const std::string& path() const { return path_; }
  sqlite3* raw() const { return raw_.get(); }

  // The first 100 bytes, read through SQLite's own file descriptor; "" for a new file.
  Result<std::string> header();
  // kCorrupt where the file is shorter than its header says. Requires: an open read transaction.
  Status check_length();

 private:
  explicit Connection(std::string path) : path_(std::move(path)) {}
  struct LockWait {
    int limit_ms = 0;
    std::chrono::steady_clock::time_point begun;
  };
  static int wait_a_moment(void* wait, int calls);

  std::string path_;
  LockWait lock_wait_;
  UniqueHandle<sqlite3*, sqlite3_close> raw_;
};

// BEGIN IMMEDIATE; leaving the scope without commit() rolls back.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  [[nodiscard]] Status commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

// A read-only connection to a file in WAL mode leaves an empty log and its index behind. Opened for
// writing and closed as the last, SQLite removes them; with a log that holds anything, or other
// programs at work, this does nothing.
void remove_empty_log(const std::string& path);

inline constexpr int kBusyTimeoutMs = 5000;

}  // namespace sluice::sqlite
