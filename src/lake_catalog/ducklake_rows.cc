#include "lake_catalog/ducklake_rows.h"

namespace sluice {

using ducklake::ColumnRow;
using ducklake::DataFileRow;
using ducklake::DeleteFileRow;
using ducklake::SchemaRow;
using ducklake::SnapshotRow;
using ducklake::TableRow;
using ducklake::ViewRow;

SnapshotRow snapshot_row(const CatalogRow& row) {
  Cells cells(row);
  SnapshotRow out;
  out.id = cells.id();
  out.time = cells.text();
  out.schema_version = cells.id();
  out.next_catalog_id = cells.id();
  out.next_file_id = cells.id();
  out.changes = cells.text();
  out.author = cells.text();
  out.message = cells.text();
  out.extra_info = cells.text();
  return out;
}

SchemaRow schema_row(const CatalogRow& row) {
  Cells cells(row);
  SchemaRow out;
  out.id = cells.id();
  out.lifetime = cells.lifetime();
  out.name = cells.text();
  out.path = cells.text();
  out.path_is_relative = cells.truth(true);
  return out;
}

TableRow table_row(const CatalogRow& row) {
  Cells cells(row);
  TableRow out;
  out.id = cells.id();
  out.uuid = cells.text();
  out.lifetime = cells.lifetime();
  out.schema_id = cells.id();
  out.name = cells.text();
  out.path = cells.text();
  out.path_is_relative = cells.truth(true);
  return out;
}

ViewRow view_row(const CatalogRow& row) {
  Cells cells(row);
  ViewRow out;
  out.id = cells.id();
  out.lifetime = cells.lifetime();
  out.schema_id = cells.id();
  out.name = cells.text();
  out.dialect = cells.text();
  out.sql = cells.text();
  return out;
}

ColumnRow column_row(const CatalogRow& row) {
  Cells cells(row);
  ColumnRow out;
  out.table_id = cells.id();
  out.id = cells.id();
  out.lifetime = cells.lifetime();
  out.order = cells.id();
  out.name = cells.text();
  out.type = cells.text();
  out.initial_default = cells.optional_text();
  out.default_value = cells.optional_text();
  out.nullable = cells.truth(true);
  out.parent = cells.optional_id();
  out.default_kind = cells.text();
  return out;
}

DataFileRow data_file_row(const CatalogRow& row) {
  Cells cells(row);
  DataFileRow out;
  out.id = cells.id();
  out.lifetime = cells.lifetime();
  out.table_id = cells.id();
  out.path = cells.text();
  out.path_is_relative = cells.truth(true);
  out.format = cells.text();
  out.rows = cells.count();
  out.bytes = cells.count();
  out.row_id_start = cells.optional_id();
  out.partition_id = cells.optional_id();
  out.encryption_key = cells.optional_text();
  out.mapping_id = cells.optional_id();
  out.partial_max = cells.optional_id();
  return out;
}

DeleteFileRow delete_file_row(const CatalogRow& row) {
  Cells cells(row);
  DeleteFileRow out;
  out.id = cells.id();
  out.lifetime = cells.lifetime();
  out.table_id = cells.id();
  out.data_file_id = cells.id();
  out.path = cells.text();
  out.path_is_relative = cells.truth(true);
  out.format = cells.text();
  out.rows = cells.count();
  out.bytes = cells.count();
  out.footer_bytes = cells.count();
  out.encryption_key = cells.optional_text();
  out.partial_max = cells.optional_id();
  return out;
}

}  // namespace sluice
