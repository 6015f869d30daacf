// A connection to one MariaDB or MySQL server, and a pool of connections. A connection belongs to
// one thread at a time.
//
// Every session has sql_mode ANSI_QUOTES and NO_BACKSLASH_ESCAPES, so that quote_identifier() and
// quote_literal() of base/text.h are right for it, and a strict mode, so that the server refuses
// what it would change.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/pool.h"
#include "base/result.h"
#include "base/unique_handle.h"
#include "model/location.h"

namespace sluice::mysql {

inline constexpr unsigned long kMariaDbVersionMin = 100600;  // atomic RENAME TABLE
inline constexpr unsigned long kMySqlVersionMin = 80000;

// The rows of a query, as text.
class Rows {
 public:
  using Row = std::vector<std::optional<std::string>>;

  explicit Rows(std::vector<Row> rows) : rows_(std::move(rows)) {}
  int size() const { return static_cast<int>(rows_.size()); }
  bool is_null(int row, int column) const { return !cell(row, column).has_value(); }
  // "" for NULL.
  std::string text(int row, int column) const { return cell(row, column).value_or(""); }
  std::optional<std::string> optional_text(int row, int column) const { return cell(row, column); }
  // 0 for NULL.
  std::int64_t number(int row, int column) const;
  bool boolean(int row, int column) const { return text(row, column) == "1"; }
  std::vector<Row> take() && { return std::move(rows_); }

 private:
  const std::optional<std::string>& cell(int row, int column) const {
    return rows_.at(static_cast<std::size_t>(row)).at(static_cast<std::size_t>(column));
  }
  std::vector<Row> rows_;
};

// What LOAD DATA LOCAL INFILE reads instead of a file; never one that the server names.
struct LocalBytes {
  std::string_view left;
};

class Connection {
 public:
  // Errors: kNotFound unreachable or no such database, kDenied, kInvalid for an unknown parameter,
  // kUnsupported for an older server.
  static Result<Connection> open(const Location& location);

  MYSQL* raw() const { return handle_.get(); }
  bool is_mariadb() const;
  unsigned long server_version() const { return mysql_get_server_version(raw()); }

  // One statement without a result. `doing` begins the message of an error.
  Status execute(const std::string& sql, const std::string& doing);
  Result<Rows> query(std::string_view sql, const std::string& doing);
  // The same, a row at a time. An error of `visit` ends it.
  Status visit(std::string_view sql, const std::string& doing,
               const std::function<Status(const Rows::Row&)>& visit);
  // Ends a transaction. Errors: kTransient with the code 2013 where the connection was lost and
  // nobody knows whether it was committed; otherwise as execute().
  Status commit(const std::string& doing);
  std::uint64_t affected_rows() const { return mysql_affected_rows(raw()); }

  // `sql` is LOAD DATA LOCAL INFILE, whose file is `bytes`. Errors: whatever the server changed or
  // left out, which it only warns of; `rows` is how many there must be.
  Status load(const std::string& sql, std::string_view bytes, std::uint64_t rows,
              const std::string& doing);

 private:
  UniqueHandle<MYSQL*, mysql_close> handle_;
  std::unique_ptr<LocalBytes> bytes_;
};

// Given back with no transaction and no lock of the caller's open.
using ConnectionPool = Pool<Connection>;

}  // namespace sluice::mysql
