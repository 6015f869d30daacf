// The database that keeps a lake's catalog: SQLite, PostgreSQL or DuckDB, seen alike.
//
// A reader sees one moment from begin_read() to end(). A writer has the catalog for itself from
// begin_write() to commit(): what it reads in between is the newest state, and stays so. Writers
// stand in line; nobody is refused before `wait` is over.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "model/location.h"

namespace sluice {

class Engine;

// The cells of one row: bytes as the database holds them, text otherwise; nullopt for NULL.
using CatalogRow = std::vector<std::optional<std::string>>;

inline std::vector<std::string> first_cells(const std::vector<CatalogRow>& rows) {
  std::vector<std::string> out;
  for (const CatalogRow& row : rows) out.push_back(row.at(0).value_or(""));
  return out;
}

// How a database spells what differs.
struct CatalogDialect {
  std::string name;  // "sqlite", "postgres", "duckdb"
  std::string yes;   // a true boolean: 1, true
  std::string no;
  std::string boolean_type;
  std::string time_type;  // of snapshot_time
  std::string uuid_type;
  // Columns of inlined rows: VARCHAR is kept as bytes where text cannot hold a NUL.
  bool text_is_bytes = false;
};

class CatalogDatabase {
 public:
  virtual ~CatalogDatabase() = default;

  virtual const CatalogDialect& dialect() const = 0;
  // For messages: never with a password.
  virtual const std::string& display() const = 0;
  virtual Result<bool> has_table(std::string_view name) = 0;
  virtual Result<std::vector<std::string>> column_names(std::string_view table) = 0;

  virtual Status begin_read() = 0;
  // Errors: kConflict (code "wait") where others kept the catalog for longer than `wait`.
  virtual Status begin_write(std::chrono::milliseconds wait) = 0;
  // Errors: kTransient with the code 08007 where nobody knows whether it happened; after any other
  // error nothing was changed.
  virtual Status commit() = 0;
  // Ends what begin_ began, changing nothing. Harmless where nothing is open.
  virtual void end() = 0;

  virtual Result<std::vector<CatalogRow>> query(const std::string& sql) = 0;
  virtual Status execute(const std::string& sql) = 0;
  // Drops the catalog's tables; a file that holds nothing else goes with them. No transaction is
  // open, and the object is of no more use.
  virtual Status remove_lake() = 0;
  // "ducklake_table" as it has to be written: with the schema or the database that it is in.
  virtual std::string table(std::string_view name) const = 0;
};

struct CatalogOptions {
  bool for_writing = false;
  const CancelToken* cancel = nullptr;
};

// PATH is absolute. Errors: kNotFound where there is no file and it is not opened for writing.
Result<std::unique_ptr<CatalogDatabase>> open_sqlite_catalog(const std::string& path,
                                                             const CatalogOptions& options);
// The file is held during transactions only; begin_read() too waits for others who hold it.
Result<std::unique_ptr<CatalogDatabase>> open_duckdb_catalog(const std::string& path,
                                                             Engine& engine,
                                                             const CatalogOptions& options);
// `server` is a location of kind postgres, `schema` where the catalog's tables are, `display` what
// messages call the catalog.
Result<std::unique_ptr<CatalogDatabase>> open_postgres_catalog(const Location& server,
                                                               const std::string& schema,
                                                               const std::string& display);

}  // namespace sluice
