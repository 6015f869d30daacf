#include "lake_catalog/delta_catalog.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "base/clock.h"
#include "base/text.h"
#include "format/delta/commit_times.h"
#include "lake_catalog/catalog_database.h"
#include "lake_catalog/create_delta_catalog.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTableColumns =
    "table_id, location, metadata_id, first_version, version, commit_digest, run, "
    "pending_version, pending_source, pending_files";
constexpr const char* kStatusColumns =
    "table_id, run, status, version, files_processed, commits_processed, started_at, updated_at, "
    "completed_at, error_message";

std::string number_sql(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "NULL";
}

std::string text_sql(const std::string& text) {
  return text.empty() ? "NULL" : quote_literal(text);
}

// RFC 3339 as databases take it: all sessions are in UTC.
std::string time_sql(const std::string& rfc3339) {
  if (rfc3339.empty()) return "NULL";
  return quote_literal(replace_all(rfc3339.substr(0, rfc3339.find('Z')), "T", " "));
}

std::string time_of(const std::optional<std::string>& cell) {
  if (!cell) return "";
  const auto moment = delta::parse_moment(*cell);
  return moment ? format_rfc3339(*moment) : *cell;
}

DeltaTableRecord table_of(const CatalogRow& row) {
  DeltaTableRecord out;
  out.table_id = text_of(row[0]);
  out.location = text_of(row[1]);
  out.metadata_id = text_of(row[2]);
  out.first_version = number_of(row[3]);
  out.version = number_of(row[4]);
  out.commit_digest = text_of(row[5]);
  out.run = text_of(row[6]);
  out.pending_version = number_of(row[7]);
  out.pending_source = text_of(row[8]);
  out.pending_files = static_cast<std::uint64_t>(number_of(row[9]).value_or(0));
  return out;
}

Result<std::unique_ptr<SqlDatabase>> open_database(const Location& location,
                                                   const DeltaCatalogOptions& options) {
  if (location.kind == "postgres") {
    return open_postgres_database(location,
                                  {location.parameter("schema", "public"), location.display(), ""});
  }
  if (location.kind == "mysql") return open_mysql_database(location);
  const std::string path = fs::absolute(location.path).lexically_normal().string();
  std::error_code code;
  if (!options.create && !fs::exists(path, code)) return std::unique_ptr<SqlDatabase>();
  return open_sqlite_catalog(path, {true, options.cancel});
}

Status check_kind(const Location& location) {
  if (location.kind == "sqlite" || location.kind == "postgres" || location.kind == "mysql") {
    return {};
  }
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("a catalog of Delta tables is not kept in {}, which is of kind {}",
                                location.display(), location.kind))
                  .about(location.display())
                  .advise("catalogs are sqlite:PATH, postgres://USER@HOST:PORT/DB and "
                          "mysql://USER@HOST:PORT/DB"));
}

}  // namespace

std::string text_of(const std::optional<std::string>& cell) { return cell.value_or(""); }

std::optional<std::int64_t> number_of(const std::optional<std::string>& cell) {
  if (!cell) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(cell->data(), cell->data() + cell->size(), number);
  return number;
}

std::string DeltaCatalog::of_table(const std::string& table_id) {
  return "table_id = " + quote_literal(table_id);
}

Result<DeltaCatalog> DeltaCatalog::open(const Location& location,
                                        const DeltaCatalogOptions& options) {
  TRY(check_kind(location));
  TRY_ASSIGN(auto database, open_database(location, options));
  if (database && options.create) TRY(create_delta_catalog(*database));
  TRY_ASSIGN(const bool is_there, database ? has_delta_catalog(*database) : Result<bool>(false));
  if (!is_there) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("{} has no catalog of Delta tables", location.display()))
                    .about(location.display())
                    .code(kNoDeltaCatalog)
                    .advise("`sluice catalog import delta:DIR " + shell_word(location.display()) +
                            "` makes it"));
  }
  DeltaCatalog catalog(std::move(database));
  TRY(catalog.check_version());
  return catalog;
}

Result<bool> DeltaCatalog::is_there(const Location& location) {
  TRY(check_kind(location));
  TRY_ASSIGN(const auto database, open_database(location, {}));
  if (!database) return false;
  return has_delta_catalog(*database);
}

Status DeltaCatalog::check_version() {
  TRY_ASSIGN(const auto rows, database_->query("SELECT max(format_version) FROM " +
                                               database_->table("delta_catalog")));
  const auto version = number_of(rows.front().front());
  if (version == kDeltaCatalogVersion) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("the catalog in {} is of version {}, this release knows {}",
                                display(), version.value_or(0), kDeltaCatalogVersion))
                  .about(display())
                  .advise("use the release that made it, or drop its tables and import again"));
}

Result<std::uint64_t> DeltaCatalog::count(const std::string& sql) {
  TRY_ASSIGN(const auto rows, database_->query(sql));
  return static_cast<std::uint64_t>(number_of(rows.front().front()).value_or(0));
}

Result<std::vector<DeltaTableRecord>> DeltaCatalog::tables() {
  TRY_ASSIGN(const auto rows,
             database_->query(fmt::format("SELECT {} FROM {} ORDER BY table_id", kTableColumns,
                                          database_->table("delta_tables"))));
  std::vector<DeltaTableRecord> out;
  for (const CatalogRow& row : rows) out.push_back(table_of(row));
  return out;
}

Result<std::optional<DeltaTableRecord>> DeltaCatalog::table(const std::string& table_id,
                                                            bool lock) {
  const bool has_row_locks = database_->dialect().name != "sqlite";
  TRY_ASSIGN(const auto rows,
             database_->query(fmt::format("SELECT {} FROM {} WHERE {}{}", kTableColumns,
                                          database_->table("delta_tables"), of_table(table_id),
                                          lock && has_row_locks ? " FOR UPDATE" : "")));
  if (rows.empty()) return std::nullopt;
  return table_of(rows.front());
}

Status DeltaCatalog::insert(const DeltaTableRecord& record) {
  return database_->execute(
      fmt::format("INSERT INTO {} (table_id, location, run) VALUES ({}, {}, "
                  "{})",
                  database_->table("delta_tables"), quote_literal(record.table_id),
                  quote_literal(record.location), text_sql(record.run)));
}

Status DeltaCatalog::update(const DeltaTableRecord& record) {
  return database_->execute(fmt::format(
      "UPDATE {} SET metadata_id = {}, first_version = {}, version = {}, commit_digest = {}, run = "
      "{}, pending_version = {}, pending_source = {}, pending_files = {} WHERE {}",
      database_->table("delta_tables"), text_sql(record.metadata_id),
      number_sql(record.first_version), number_sql(record.version), text_sql(record.commit_digest),
      text_sql(record.run), number_sql(record.pending_version), text_sql(record.pending_source),
      record.pending_files, of_table(record.table_id)));
}

Status DeltaCatalog::advance(const DeltaTableRecord& record, std::optional<delta::Version> from) {
  const std::string table = database_->table("delta_tables");
  const std::string where = of_table(record.table_id);
  TRY(database_->execute(fmt::format("UPDATE {} SET version = {} WHERE {} AND version {}", table,
                                     number_sql(record.version), where,
                                     from ? fmt::format("= {}", *from) : "IS NULL")));
  TRY_ASSIGN(const auto rows,
             database_->query(fmt::format("SELECT version FROM {} WHERE {}", table, where)));
  const auto now = rows.empty() ? std::nullopt : number_of(rows.front().front());
  if (now == record.version) return update(record);
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("table \"{}\": the catalog has it at version {}, not at {}",
                                record.table_id, now.value_or(-1), from.value_or(-1)))
                  .about(record.table_id)
                  .advise("another writer was first; run it again"));
}

Result<std::vector<DeltaMigrationRecord>> DeltaCatalog::migrations(const std::string& table_id) {
  const std::string where = table_id.empty() ? "" : " WHERE " + of_table(table_id);
  TRY_ASSIGN(const auto rows, database_->query(fmt::format(
                                  "SELECT {} FROM {}{} ORDER BY started_at DESC, run DESC, "
                                  "table_id",
                                  kStatusColumns, database_->table("migration_status"), where)));
  std::vector<DeltaMigrationRecord> out;
  for (const CatalogRow& row : rows) {
    DeltaMigrationRecord& one = out.emplace_back();
    one.table_id = text_of(row[0]);
    one.run = text_of(row[1]);
    one.status = text_of(row[2]);
    one.version = number_of(row[3]);
    one.files = static_cast<std::uint64_t>(number_of(row[4]).value_or(0));
    one.commits = static_cast<std::uint64_t>(number_of(row[5]).value_or(0));
    one.started_at = time_of(row[6]);
    one.updated_at = time_of(row[7]);
    one.completed_at = time_of(row[8]);
    one.error = text_of(row[9]);
  }
  return out;
}

Status DeltaCatalog::record(const DeltaMigrationRecord& migration) {
  const std::string table = database_->table("migration_status");
  TRY(database_->execute(fmt::format("DELETE FROM {} WHERE {} AND run = {}", table,
                                     of_table(migration.table_id), quote_literal(migration.run))));
  return database_->execute(
      fmt::format("INSERT INTO {} ({}) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {})", table,
                  kStatusColumns, quote_literal(migration.table_id), quote_literal(migration.run),
                  quote_literal(migration.status), number_sql(migration.version), migration.files,
                  migration.commits, time_sql(migration.started_at), time_sql(migration.updated_at),
                  time_sql(migration.completed_at), text_sql(migration.error)));
}

Status DeltaCatalog::interrupt_others(const std::string& table_id, const std::string& run) {
  return database_->execute(
      fmt::format("UPDATE {} SET status = 'interrupted' WHERE {} AND run <> {} AND status = "
                  "'running'",
                  database_->table("migration_status"), of_table(table_id), quote_literal(run)));
}

Status DeltaCatalog::refresh_statistics() {
  if (database_->dialect().name != "postgres") return {};
  return database_->execute("ANALYZE " + database_->table("delta_files"));
}

Status DeltaCatalog::discard_pending(const DeltaTableRecord& record) {
  const delta::Version complete = record.version.value_or(-1);
  const std::string files = database_->table("delta_files");
  const std::string where = of_table(record.table_id);
  TRY(database_->execute(
      fmt::format("DELETE FROM {} WHERE {} AND added_version > {}", files, where, complete)));
  TRY(
      database_->execute(fmt::format("UPDATE {} SET removed_version = NULL WHERE {} AND "
                                     "removed_version > {}",
                                     files, where, complete)));
  return database_->execute(fmt::format("DELETE FROM {} WHERE {} AND removed_version > {}",
                                        database_->table("delta_removes"), where, complete));
}

Result<std::uint64_t> DeltaCatalog::remove_table(const std::string& table_id) {
  const std::string where = of_table(table_id);
  TRY_ASSIGN(const std::uint64_t files, count(fmt::format("SELECT count(*) FROM {} WHERE {}",
                                                          database_->table("delta_files"), where)));
  for (const std::string_view name : kDeltaRowTables) {
    TRY(database_->execute(fmt::format("DELETE FROM {} WHERE {}", database_->table(name), where)));
  }
  TRY(database_->execute(
      fmt::format("DELETE FROM {} WHERE {}", database_->table("delta_tables"), where)));
  return files;
}

}  // namespace sluice
