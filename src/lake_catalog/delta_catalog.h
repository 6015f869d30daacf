// The catalog of Delta tables in SQL: which tables it has, up to which version, and how their
// imports went. The rows of a table's log are written by delta_batch and read by
// delta_catalog_state; the tables are made by create_delta_catalog.sql.
//
// Who imports a table says so in its row (`run`) and looks there in every transaction: of two
// imports of one table the later takes it over, and the earlier ends without having changed more.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "format/delta/actions.h"
#include "lake_catalog/sql_database.h"

namespace sluice {

// The code of the error that a database answers, and holds no catalog.
inline constexpr const char* kNoDeltaCatalog = "no_catalog";

// A row of delta_tables.
struct DeltaTableRecord {
  std::string table_id;
  std::string location;  // the table's folder, absolute
  std::string metadata_id;
  std::optional<delta::Version> first_version;  // the earliest that it has; none: no version yet
  std::optional<delta::Version> version;        // the newest that is complete
  std::string commit_digest;                    // of that version's file
  std::string run;                              // the import that works on it, or did last
  // What has landed of the version after that, where an import was interrupted in it.
  std::optional<delta::Version> pending_version;
  std::string pending_source;  // the file that it was read from, with its size
  std::uint64_t pending_files = 0;
};

// A row of migration_status. Status: running, interrupted, completed, failed.
struct DeltaMigrationRecord {
  std::string table_id;
  std::string run;
  std::string status;
  std::optional<delta::Version> version;
  std::uint64_t files = 0;
  std::uint64_t commits = 0;
  std::string started_at;  // RFC 3339
  std::string updated_at;
  std::string completed_at;
  std::string error;
};

struct DeltaCatalogOptions {
  bool create = false;  // makes the tables, and a SQLite file, where they are not there
  const CancelToken* cancel = nullptr;
};

class DeltaCatalog {
 public:
  static constexpr std::chrono::milliseconds kWait{60'000};  // for other writers

  // `location`: of kind sqlite, postgres or mysql. Errors: kNotFound where there is no catalog,
  // kUnsupported for another kind and for a catalog of another version.
  static Result<DeltaCatalog> open(const Location& location, const DeltaCatalogOptions& options);
  // Whether there is one; nothing is made.
  static Result<bool> is_there(const Location& location);

  SqlDatabase& database() { return *database_; }
  const std::string& display() const { return database_->display(); }

  // All, by their ids; or those of a location.
  Result<std::vector<DeltaTableRecord>> tables();
  // nullopt where it is not there. `lock`: no other writer changes the table until this
  // transaction ends; requires begin_write().
  Result<std::optional<DeltaTableRecord>> table(const std::string& table_id, bool lock);
  Status insert(const DeltaTableRecord& record);
  Status update(const DeltaTableRecord& record);
  // The same, where the table is at the version `from` (none: it has none yet). Errors: kConflict
  // where it is at another one.
  Status advance(const DeltaTableRecord& record, std::optional<delta::Version> from);

  // The newest first; "": of all tables.
  Result<std::vector<DeltaMigrationRecord>> migrations(const std::string& table_id);
  // Replaces the row of its table and run.
  Status record(const DeltaMigrationRecord& migration);
  // Those that are running are of a process that died, or that was taken over from.
  Status interrupt_others(const std::string& table_id, const std::string& run);

  // After many new rows: where a server would take its time to notice them (PostgreSQL), it is
  // told.
  Status refresh_statistics();

  // What belongs to versions that are not complete. Requires: begin_write(), the lock.
  Status discard_pending(const DeltaTableRecord& record);
  // All rows of a table. Requires: the same. Returns: how many files it had.
  Result<std::uint64_t> remove_table(const std::string& table_id);

  // "table_id = 'x'"
  static std::string of_table(const std::string& table_id);
  Result<std::uint64_t> count(const std::string& sql);

 private:
  explicit DeltaCatalog(std::unique_ptr<SqlDatabase> database) : database_(std::move(database)) {}
  Status check_version();

  std::unique_ptr<SqlDatabase> database_;
};

// Text of a cell, "" for NULL; and its number, nullopt for NULL.
std::string text_of(const std::optional<std::string>& cell);
std::optional<std::int64_t> number_of(const std::optional<std::string>& cell);

}  // namespace sluice
