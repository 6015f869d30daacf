#include "lake_catalog/create_delta_catalog.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "lake_catalog/delta_catalog.h"
#include "lake_catalog/sql_embedded.h"

namespace sluice {
namespace {

constexpr const char* kLastTable = "delta_catalog";  // made when all others are

// Keys of MariaDB and MySQL hold 3072 bytes, and paths may be longer. MariaDB takes no primary key
// with a generated column.
std::string file_key(const CatalogDialect& dialect, std::string_view version) {
  if (dialect.name != "mysql") {
    return fmt::format(", PRIMARY KEY (table_id, path, deletion_vector_id, {})", version);
  }
  return fmt::format(
      ", path_key CHAR(32) CHARACTER SET ascii GENERATED ALWAYS AS (MD5(CONCAT(path, '|', "
      "deletion_vector_id))) STORED, UNIQUE KEY (table_id, path_key, {}), "
      "KEY by_path (table_id, path(200))",
      version);
}

std::string in_dialect(const SqlDatabase& database) {
  const CatalogDialect& dialect = database.dialect();
  const bool is_mysql = dialect.name == "mysql";
  std::string sql(sql::kCreateDeltaCatalog);
  sql.erase(0, sql.find("CREATE"));
  sql = replace_all(sql, "<boolean>", dialect.boolean_type);
  sql = replace_all(sql, "<time>", dialect.time_type);
  sql = replace_all(sql, "<name>", is_mysql ? "VARCHAR(255)" : "TEXT");
  sql = replace_all(sql, "<text>", is_mysql ? "LONGTEXT" : "TEXT");
  sql = replace_all(sql, "<options>",
                    is_mysql ? " ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" : "");
  sql = replace_all(sql, "<file_key>", file_key(dialect, "added_version"));
  sql = replace_all(sql, "<remove_key>", file_key(dialect, "removed_version"));
  for (std::size_t open = sql.find('['); open != std::string::npos; open = sql.find('[')) {
    const std::size_t close = sql.find(']', open);
    const std::string name = database.table(sql.substr(open + 1, close - open - 1));
    sql.replace(open, close - open + 1, name);
  }
  return sql;
}

Status create_tables(SqlDatabase& database) {
  // Two that make them at once would both find nothing.
  if (database.dialect().name == "postgres") {
    TRY(database.execute(
        "SELECT pg_advisory_xact_lock(hashtext('sluice makes a catalog of Delta tables'))"));
  }
  TRY_ASSIGN(const bool is_there, has_delta_catalog(database));
  if (is_there) return {};
  for (const std::string& statement : split(in_dialect(database), ';')) {
    if (!trim(statement).empty()) TRY(database.execute(statement));
  }
  TRY_ASSIGN(const auto versions,
             database.query("SELECT format_version FROM " + database.table(kLastTable)));
  if (!versions.empty()) return {};
  return database.execute(
      fmt::format("INSERT INTO {} VALUES ({})", database.table(kLastTable), kDeltaCatalogVersion));
}

}  // namespace

Result<bool> has_delta_catalog(SqlDatabase& database) { return database.has_table(kLastTable); }

Status create_delta_catalog(SqlDatabase& database) {
  TRY_ASSIGN(const bool is_there, has_delta_catalog(database));
  if (is_there) return {};
  TRY(database.begin_write(DeltaCatalog::kWait));
  const Status made = create_tables(database);
  if (made) return database.commit();
  database.end();
  return made;
}

}  // namespace sluice
