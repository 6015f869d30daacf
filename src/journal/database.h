// SQLite for the journal: a connection, statements, transactions. Errors are classified here, by
// SQLite's result code; the vendor code is its name.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_handle.h"

namespace sluice::journal {

class Statement {
 public:
  Statement(UniqueHandle<sqlite3_stmt*, sqlite3_finalize> handle, sqlite3* database,
            std::string path)
      : handle_(std::move(handle)), database_(database), path_(std::move(path)) {}

  // Binds the parameters in order, from ?1 on.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  // Returns: whether there is a row.
  Result<bool> step();
  // Runs a statement that gives no rows.
  Status run();

  std::string text(int column) const;
  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  bool is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
  }

 private:
  void bind_one(int index, std::string_view value);
  void bind_one(int index, std::int64_t value) { sqlite3_bind_int64(handle_.get(), index, value); }
  void bind_one(int index, std::nullptr_t) { sqlite3_bind_null(handle_.get(), index); }

  UniqueHandle<sqlite3_stmt*, sqlite3_finalize> handle_;
  sqlite3* database_;
  std::string path_;
};

class Database {
 public:
  // Waits up to `busy_timeout_ms` for other processes, in every method.
  static Result<Database> open(const std::filesystem::path& path, bool create, int busy_timeout_ms);

  Status execute(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  Result<std::int64_t> integer(const std::string& sql);  // the first column of the first row
  // Durable: the file stays in WAL mode.
  Status use_wal();

 private:
  friend class Transaction;
  Result<bool> uses_wal();
  Database(UniqueHandle<sqlite3*, sqlite3_close_v2> handle, std::string path)
      : handle_(std::move(handle)), path_(std::move(path)) {}
  UniqueHandle<sqlite3*, sqlite3_close_v2> handle_;
  std::string path_;
};

// BEGIN IMMEDIATE; leaving the scope without commit() rolls back.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  [[nodiscard]] Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace sluice::journal
