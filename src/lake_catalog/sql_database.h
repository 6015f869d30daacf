// A database that keeps a catalog in its tables, seen alike: SQLite, PostgreSQL, MariaDB or MySQL,
// and for DuckLake a DuckDB too (catalog_database.h).
//
// A reader sees one moment from begin_read() to end(). What a writer changes between begin_write()
// and commit() is there as a whole or not at all. In SQLite a writer has all of the database for
// itself meanwhile; elsewhere what it locks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lake_catalog/bulk_rows.h"
#include "model/location.h"

namespace sluice {

// The cells of one row: bytes as the database holds them, text otherwise; nullopt for NULL.
using CatalogRow = std::vector<std::optional<std::string>>;

inline std::vector<std::string> first_cells(const std::vector<CatalogRow>& rows) {
  std::vector<std::string> out;
  for (const CatalogRow& row : rows) out.push_back(row.at(0).value_or(""));
  return out;
}

// How a database spells what differs.
struct CatalogDialect {
  std::string name;  // "sqlite", "postgres", "mysql", "duckdb"
  std::string yes;   // a true boolean: 1, true
  std::string no;
  std::string boolean_type;
  std::string time_type;  // of snapshot_time
  std::string uuid_type;
  // Columns of inlined rows: VARCHAR is kept as bytes where text cannot hold a NUL.
  bool text_is_bytes = false;
};

class SqlDatabase {
 public:
  using RowVisitor = std::function<Status(const CatalogRow& row)>;

  virtual ~SqlDatabase() = default;

  virtual const CatalogDialect& dialect() const = 0;
  // For messages: never with a password.
  virtual const std::string& display() const = 0;
  virtual Result<bool> has_table(std::string_view name) = 0;

  virtual Status begin_read() = 0;
  // Errors: kConflict (code "wait") where others kept the catalog for longer than `wait`.
  virtual Status begin_write(std::chrono::milliseconds wait) = 0;
  // Errors: kTransient with the code 08007 where nobody knows whether it happened; after any other
  // error nothing was changed.
  virtual Status commit() = 0;
  // Ends what begin_ began, changing nothing. Harmless where nothing is open.
  virtual void end() = 0;

  virtual Result<std::vector<CatalogRow>> query(const std::string& sql) = 0;
  // The same, a row at a time, so that no result is too large. Requires: begin_read() or
  // begin_write(); `visit` does not use this database.
  virtual Status visit(const std::string& sql, const RowVisitor& visit);
  virtual Status execute(const std::string& sql) = 0;
  // Adds rows in the way that is fastest here.
  virtual Status append(const BulkRows& rows);
  // "ducklake_table" as it has to be written: with the schema or the database that it is in.
  virtual std::string table(std::string_view name) const = 0;
};

struct PostgresCatalogOptions {
  std::string schema = "public";
  std::string display;  // what messages call the catalog
  // begin_write() has this table for itself; "": a writer locks what it changes.
  std::string lock_table;
};
// `server` is a location of kind postgres.
Result<std::unique_ptr<SqlDatabase>> open_postgres_database(const Location& server,
                                                            const PostgresCatalogOptions& options);
// `server` is a location of kind mysql.
Result<std::unique_ptr<SqlDatabase>> open_mysql_database(const Location& server);

}  // namespace sluice
