#include "lake_catalog/inlined_tables.h"

#include <fmt/format.h>

#include "lake_catalog/ducklake_rows.h"

namespace sluice {

// The extension makes such a table with a schema version of its own where a table has none yet,
// and lists that version for no table: it is the one of the snapshot that made it. Once that one
// has expired, what the table was altered to last before is left.
Result<std::vector<ducklake::InlinedTable>> read_inlined_tables(CatalogDatabase& database) {
  TRY_ASSIGN(
      const auto rows,
      database.query(fmt::format(
          "SELECT i.table_id, i.table_name, i.schema_version, coalesce("
          "(SELECT max(v.begin_snapshot) FROM {1} v WHERE v.table_id = i.table_id AND "
          "v.schema_version = i.schema_version), "
          "(SELECT min(s.snapshot_id) FROM {2} s WHERE s.schema_version = i.schema_version), "
          "(SELECT max(v.begin_snapshot) FROM {1} v WHERE v.table_id = i.table_id AND "
          "v.schema_version < i.schema_version)) FROM {0} i ORDER BY i.table_id, i.schema_version",
          database.table("ducklake_inlined_data_tables"),
          database.table("ducklake_schema_versions"), database.table("ducklake_snapshot"))));
  std::vector<ducklake::InlinedTable> out;
  for (const CatalogRow& row : rows) {
    Cells cells(row);
    ducklake::InlinedTable& inlined = out.emplace_back();
    inlined.row.table_id = cells.id();
    inlined.row.name = cells.text();
    inlined.row.schema_version = cells.id();
    inlined.since = cells.optional_id();
  }
  return out;
}

Error unknown_columns(const CatalogDatabase& database, const std::string& table) {
  return Error(ErrorKind::kCorrupt,
               fmt::format("{}: nothing says which columns {} has", database.display(), table))
      .about(database.display())
      .advise("`sluice lake fsck` says what else is wrong");
}

}  // namespace sluice
