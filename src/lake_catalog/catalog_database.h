// The database that keeps a lake's catalog: SQLite, PostgreSQL or DuckDB, seen alike.
//
// A writer has the catalog for itself from begin_write() to commit(): what it reads in between is
// the newest state, and stays so. Writers stand in line; nobody is refused before `wait` is over.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "lake_catalog/sql_database.h"
#include "model/location.h"

namespace sluice {

class Engine;

class CatalogDatabase : public SqlDatabase {
 public:
  virtual Result<std::vector<std::string>> column_names(std::string_view table) = 0;
  // Drops the catalog's tables; a file that holds nothing else goes with them. No transaction is
  // open, and the object is of no more use.
  virtual Status remove_lake() = 0;
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
// messages call the catalog, `lock_table` the table that a writer has for itself ("": a writer
// locks what it changes).
Result<std::unique_ptr<CatalogDatabase>> open_postgres_catalog(
    const Location& server, const std::string& schema, const std::string& display,
    const std::string& lock_table = "ducklake_snapshot");

}  // namespace sluice
