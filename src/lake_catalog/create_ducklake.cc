#include "lake_catalog/create_ducklake.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/ducklake/versions.h"
#include "lake_catalog/ducklake_commit.h"
#include "lake_catalog/ducklake_values.h"
#include "lake_catalog/sql_embedded.h"

namespace sluice {
namespace {

// [ducklake_table] is a table of the catalog, <uuid> a type of its database.
std::string in_dialect(const CatalogDatabase& database) {
  const CatalogDialect& dialect = database.dialect();
  std::string sql(sql::kCreateDucklake);
  sql = replace_all(sql, "<boolean>", dialect.boolean_type);
  sql = replace_all(sql, "<time>", dialect.time_type);
  sql = replace_all(sql, "<uuid>", dialect.uuid_type);
  for (std::size_t open = sql.find('['); open != std::string::npos; open = sql.find('[')) {
    const std::size_t close = sql.find(']', open);
    const std::string name = database.table(sql.substr(open + 1, close - open - 1));
    sql.replace(open, close - open + 1, name);
  }
  return sql;
}

}  // namespace

std::vector<CatalogTable> catalog_tables() {
  std::vector<CatalogTable> out;
  const std::string sql(sql::kCreateDucklake);
  for (std::size_t at = sql.find('['); at != std::string::npos; at = sql.find('[', at + 1)) {
    CatalogTable& table = out.emplace_back();
    const std::size_t name_end = sql.find(']', at);
    table.name = sql.substr(at + 1, name_end - at - 1);
    const std::size_t end = sql.find(");", name_end);
    for (const std::string& text : split(sql.substr(name_end + 2, end - name_end - 2), ',')) {
      const std::string column(trim(text));
      table.columns.push_back({column.substr(0, column.find(' ')), column.contains("<boolean>")});
    }
  }
  return out;
}

Status create_catalog_tables(CatalogDatabase& database) {
  return database.execute(in_dialect(database));
}

Status create_lake(CatalogDatabase& database, const std::string& data_path) {
  TRY(create_catalog_tables(database));
  const auto insert = [&](std::string_view table, const std::string& values) {
    return database.execute(fmt::format("INSERT INTO {} VALUES {}", database.table(table), values));
  };
  TRY(insert("ducklake_metadata",
             fmt::format("('version', {}, NULL, NULL), ('created_by', 'sluice {}', NULL, NULL), "
                         "('data_path', {}, NULL, NULL), ('encrypted', 'false', NULL, NULL)",
                         quote_literal(ducklake::kVersionWritten), SLUICE_VERSION,
                         quote_literal(data_path))));
  TRY(insert("ducklake_snapshot",
             fmt::format("(0, {}, 0, 1, 0)", quote_literal(snapshot_time_now()))));
  TRY(insert("ducklake_snapshot_changes", "(0, 'created_schema:\"main\"', NULL, NULL, NULL)"));
  return insert("ducklake_schema", fmt::format("(0, {}, 0, NULL, 'main', 'main/', {})",
                                               quote_literal(new_uuid()), database.dialect().yes));
}

}  // namespace sluice
