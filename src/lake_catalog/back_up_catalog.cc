#include "lake_catalog/back_up_catalog.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

Result<std::string> copy_schema(CatalogDatabase& database, const std::string& stamp) {
  TRY(database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ"));
  const auto act = [&]() -> Result<std::string> {
    TRY_ASSIGN(const auto found,
               database.query(fmt::format(
                   "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                   "WHERE c.oid = {}::regclass",
                   quote_literal(database.table("ducklake_snapshot")))));
    const std::string schema = found.at(0).at(0).value_or("");
    const std::string copy = fmt::format("{}_sluice_backup_{}", schema, stamp);
    TRY(database.execute("CREATE SCHEMA " + quote_identifier(copy)));
    TRY_ASSIGN(const auto tables,
               database.query(fmt::format("SELECT tablename FROM pg_tables WHERE schemaname = {} "
                                          "AND starts_with(tablename, 'ducklake_')",
                                          quote_literal(schema))));
    for (const std::string& table : first_cells(tables)) {
      TRY(database.execute(fmt::format("CREATE TABLE {}.{} AS TABLE {}", quote_identifier(copy),
                                       quote_identifier(table), database.table(table))));
    }
    TRY(database.execute("COMMIT"));
    return copy;
  };
  auto done = act();
  if (!done) database.end();
  return done;
}

// COPY FROM DATABASE reads one transaction's state, and takes keys along.
Status copy_duckdb(CatalogDatabase& database, const std::string& target) {
  TRY(database.begin_read());
  const std::string qualified = database.table("x");  // alias.main."x"
  const std::string alias = qualified.substr(0, qualified.find('.'));
  const auto act = [&]() -> Status {
    TRY(database.execute(fmt::format("ATTACH {} AS sluice_backup", quote_literal(target))));
    TRY(database.execute(fmt::format("COPY FROM DATABASE {} TO sluice_backup", alias)));
    return database.commit();
  };
  const Status done = act();
  database.end();
  const Status detached = database.execute("DETACH sluice_backup");
  TRY(done);
  return detached;
}

}  // namespace

Result<std::string> back_up_catalog(CatalogDatabase& database, const std::string& path,
                                    const std::string& stamp) {
  if (path.empty()) return copy_schema(database, stamp);
  const std::string target = fmt::format("{}.sluice_backup_{}", path, stamp);
  std::error_code code;
  if (fs::exists(target, code)) {
    return fail(Error(ErrorKind::kExists, target + " is there already").about(target));
  }
  const Status copied = database.dialect().name == "duckdb"
                            ? copy_duckdb(database, target)
                            : database.execute("VACUUM INTO " + quote_literal(target));
  const Status done = copied ? sync_file(target) : copied;
  if (!done) {
    for (const char* const ending : {"", ".wal"}) fs::remove(target + ending, code);
    return fail(done.error());
  }
  TRY(sync_file(fs::path(target).parent_path()));
  return target;
}

}  // namespace sluice
