// A connection to one PostgreSQL server, and a pool of connections that are all set up alike. A
// connection belongs to one thread at a time.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/pool.h"
#include "base/result.h"
#include "base/unique_handle.h"
#include "model/location.h"

namespace sluice::postgres {

inline constexpr int kServerVersionMin = 140000;  // TID range scans, infinite numerics

using ResultHandle = UniqueHandle<PGresult*, PQclear>;

// The rows of a query, as text.
class Rows {
 public:
  explicit Rows(ResultHandle handle) : handle_(std::move(handle)) {}
  int size() const { return PQntuples(handle_.get()); }
  int columns() const { return PQnfields(handle_.get()); }
  bool is_null(int row, int column) const { return PQgetisnull(handle_.get(), row, column) != 0; }
  // "" for NULL.
  std::string text(int row, int column) const { return PQgetvalue(handle_.get(), row, column); }
  std::optional<std::string> optional_text(int row, int column) const {
    if (is_null(row, column)) return std::nullopt;
    return text(row, column);
  }
  bool boolean(int row, int column) const { return text(row, column) == "t"; }
  // 0 for NULL.
  std::int64_t number(int row, int column) const;

 private:
  ResultHandle handle_;
};

class Connection {
 public:
  // Session settings are those that make values travel exactly: UTC, ISO, full floats, no row
  // security that hides rows, no time-outs. Errors: kNotFound unreachable, kDenied, kUnsupported
  // for a server before kServerVersionMin.
  static Result<Connection> open(const Location& location);

  PGconn* raw() const { return handle_.get(); }
  int server_version() const { return PQserverVersion(raw()); }
  // True where the server checks no encoding, so that text may be any bytes.
  bool unchecked_encoding() const;

  // Any number of statements without results. `doing` begins the message of an error.
  Status execute(const std::string& sql, const std::string& doing);
  // One statement with $1, $2, ... given as text.
  Result<Rows> query(std::string_view sql, const std::string& doing,
                     const std::vector<std::string>& parameters = {});
  // Ends a transaction. Errors: kTransient with the code 08007 where the connection was lost and
  // nobody knows whether it was committed; otherwise as execute().
  Status commit(const std::string& doing);

  // COPY ... TO STDOUT and COPY ... FROM STDIN.
  Status start_copy(const std::string& sql, const std::string& doing);
  // The next message, valid until the next call; nullopt at the end.
  Result<std::optional<std::string_view>> copy_message(const std::string& doing);
  Status send_copy(std::string_view bytes, const std::string& doing);
  Status end_copy(const std::string& doing);

 private:
  struct FreeMessage {
    void operator()(char* message) const { PQfreemem(message); }
  };
  UniqueHandle<PGconn*, PQfinish> handle_;
  std::unique_ptr<char, FreeMessage> message_;
};

// Given back with no transaction of the caller's and no COPY open.
using ConnectionPool = Pool<Connection>;

// {"a","b"}: an array literal for a parameter.
std::string array_literal(const std::vector<std::string>& items);

}  // namespace sluice::postgres
