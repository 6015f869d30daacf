// Private to lake_catalog: rows of the catalog's tables as structs, each with the columns that it
// is read from.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "format/ducklake/catalog_rows.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

// Cells of a row in the order of its SELECT, taken one after the other.
class Cells {
 public:
  explicit Cells(const CatalogRow& row) : row_(row) {}

  std::string text() { return next().value_or(""); }
  std::optional<std::string> optional_text() { return next(); }
  // 0 for NULL.
  ducklake::Id id() { return optional_id().value_or(0); }
  std::optional<ducklake::Id> optional_id() {
    const std::optional<std::string>& cell = next();
    if (!cell) return std::nullopt;
    ducklake::Id value = 0;
    std::from_chars(cell->data(), cell->data() + cell->size(), value);
    return value;
  }
  std::uint64_t count() { return static_cast<std::uint64_t>(std::max<ducklake::Id>(id(), 0)); }
  // Booleans are 1, t or true; NULL is `otherwise`.
  bool truth(bool otherwise) {
    const std::optional<std::string>& cell = next();
    if (!cell) return otherwise;
    return *cell == "1" || *cell == "t" || *cell == "true";
  }
  ducklake::Lifetime lifetime() {
    ducklake::Lifetime out;
    out.begin = id();
    out.end = optional_id();
    return out;
  }

 private:
  const std::optional<std::string>& next() { return row_.at(at_++); }

  const CatalogRow& row_;
  std::size_t at_ = 0;
};

inline constexpr const char* kSnapshotColumns =
    "s.snapshot_id, s.snapshot_time, s.schema_version, s.next_catalog_id, s.next_file_id, "
    "c.changes_made, c.author, c.commit_message, c.commit_extra_info";
inline constexpr const char* kSchemaColumns =
    "schema_id, begin_snapshot, end_snapshot, schema_name, path, path_is_relative";
inline constexpr const char* kTableColumns =
    "table_id, table_uuid, begin_snapshot, end_snapshot, schema_id, table_name, path, "
    "path_is_relative";
inline constexpr const char* kViewColumns =
    "view_id, begin_snapshot, end_snapshot, schema_id, view_name, dialect, sql";
inline constexpr const char* kColumnColumns =
    "table_id, column_id, begin_snapshot, end_snapshot, column_order, column_name, column_type, "
    "initial_default, default_value, nulls_allowed, parent_column, default_value_type";
inline constexpr const char* kDataFileColumns =
    "data_file_id, begin_snapshot, end_snapshot, table_id, path, path_is_relative, file_format, "
    "record_count, file_size_bytes, row_id_start, partition_id, encryption_key, mapping_id, "
    "partial_max";
inline constexpr const char* kDeleteFileColumns =
    "delete_file_id, begin_snapshot, end_snapshot, table_id, data_file_id, path, "
    "path_is_relative, format, delete_count, file_size_bytes, footer_size, encryption_key, "
    "partial_max";

ducklake::SnapshotRow snapshot_row(const CatalogRow& row);
ducklake::SchemaRow schema_row(const CatalogRow& row);
ducklake::TableRow table_row(const CatalogRow& row);
ducklake::ViewRow view_row(const CatalogRow& row);
ducklake::ColumnRow column_row(const CatalogRow& row);
ducklake::DataFileRow data_file_row(const CatalogRow& row);
ducklake::DeleteFileRow delete_file_row(const CatalogRow& row);

}  // namespace sluice
