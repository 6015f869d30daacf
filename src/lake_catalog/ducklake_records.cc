#include "lake_catalog/ducklake_records.h"

#include <fmt/format.h>

#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_rows.h"
#include "lake_catalog/inlined_tables.h"

namespace sluice {

using ducklake::LakeRecords;

namespace {

std::optional<bool> truth_of(const std::optional<std::string>& cell) {
  if (!cell) return std::nullopt;
  return *cell == "1" || *cell == "t" || *cell == "true";
}

ducklake::FileStats file_stats(const CatalogRow& row) {
  Cells cells(row);
  ducklake::FileStats out;
  out.file_id = cells.id();
  out.column_id = cells.id();
  out.values = cells.optional_id();
  out.nulls = cells.optional_id();
  out.min = cells.optional_text();
  out.max = cells.optional_text();
  out.has_nan = truth_of(cells.optional_text());
  return out;
}

ducklake::TableStats table_stats(const CatalogRow& row) {
  Cells cells(row);
  ducklake::TableStats out;
  out.table_id = cells.id();
  out.rows = cells.optional_id();
  out.next_row_id = cells.optional_id();
  return out;
}

ducklake::ColumnStats column_stats(const CatalogRow& row) {
  Cells cells(row);
  ducklake::ColumnStats out;
  out.table_id = cells.id();
  out.column_id = cells.id();
  out.has_null = truth_of(cells.optional_text());
  out.has_nan = truth_of(cells.optional_text());
  out.min = cells.optional_text();
  out.max = cells.optional_text();
  return out;
}

ducklake::PartitionColumn partition_column(const CatalogRow& row) {
  Cells cells(row);
  ducklake::PartitionColumn out;
  out.partition_id = cells.id();
  out.table_id = cells.id();
  out.index = cells.id();
  out.column_id = cells.id();
  out.transform = cells.text();
  return out;
}

ducklake::PartitionValue partition_value(const CatalogRow& row) {
  Cells cells(row);
  ducklake::PartitionValue out;
  out.file_id = cells.id();
  out.index = cells.id();
  out.value = cells.optional_text();
  return out;
}

ducklake::ScheduledFile scheduled_file(const CatalogRow& row) {
  Cells cells(row);
  ducklake::ScheduledFile out;
  out.path = cells.text();
  out.path_is_relative = cells.truth(true);
  return out;
}

ducklake::NameMappingRow mapping(const CatalogRow& row) {
  Cells cells(row);
  ducklake::NameMappingRow out;
  out.mapping_id = cells.id();
  out.column_id = cells.id();
  out.source_name = cells.text();
  out.target_field_id = cells.id();
  out.parent = cells.optional_id();
  out.is_partition = cells.truth(false);
  return out;
}

class RecordReader {
 public:
  explicit RecordReader(CatalogDatabase& database) : database_(database) {}

  Status history(LakeRecords& out) {
    TRY_ASSIGN(out.snapshots, DuckLakeCatalog(database_, "").snapshots());
    if (out.snapshots.empty()) {
      return fail(Error(ErrorKind::kCorrupt,
                        fmt::format("the catalog {} has no snapshot", database_.display()))
                      .about(database_.display()));
    }
    TRY(read(kSchemaColumns, "ducklake_schema", "schema_id, begin_snapshot", out.schemas,
             schema_row));
    TRY(read(kTableColumns, "ducklake_table", "table_id, begin_snapshot", out.tables, table_row));
    TRY(read(kViewColumns, "ducklake_view", "view_id, begin_snapshot", out.views, view_row));
    TRY(read(kColumnColumns, "ducklake_column", "table_id, column_order, begin_snapshot",
             out.columns, column_row));
    TRY(read("partition_id, table_id, partition_key_index, column_id, transform",
             "ducklake_partition_column", "partition_id, partition_key_index",
             out.partition_columns, partition_column));
    TRY(numbered("partitioning", "ducklake_partition_info", "partition_id", out));
    TRY(numbered("macro", "ducklake_macro", "macro_id", out));
    return numbered("sort order", "ducklake_sort_info", "sort_id", out);
  }

  Status files(LakeRecords& out) {
    TRY(read(kDataFileColumns, "ducklake_data_file", "data_file_id", out.files, data_file_row));
    TRY(read(kDeleteFileColumns, "ducklake_delete_file", "delete_file_id", out.deletes,
             delete_file_row));
    TRY(read("data_file_id, partition_key_index, partition_value", "ducklake_file_partition_value",
             "data_file_id, partition_key_index", out.partition_values, partition_value));
    TRY(inlined(out));
    return inlined_deletes(out);
  }

  Status statistics(LakeRecords& out) {
    TRY(missing_changes(out));
    TRY(read("data_file_id, column_id, value_count, null_count, min_value, max_value, contains_nan",
             "ducklake_file_column_stats", "data_file_id, column_id", out.file_stats, file_stats));
    TRY(read("table_id, record_count, next_row_id", "ducklake_table_stats", "table_id",
             out.table_stats, table_stats));
    TRY(read("table_id, column_id, contains_null, contains_nan, min_value, max_value",
             "ducklake_table_column_stats", "table_id, column_id", out.column_stats, column_stats));
    TRY(read("path, path_is_relative", "ducklake_files_scheduled_for_deletion", "path",
             out.scheduled, scheduled_file));
    return read("mapping_id, column_id, source_name, target_field_id, parent_column, is_partition",
                "ducklake_name_mapping", "mapping_id, column_id", out.mappings, mapping);
  }

 private:
  template <typename Row>
  Status read(const std::string& columns, const std::string& table, const std::string& order,
              std::vector<Row>& out, Row (*make)(const CatalogRow&)) {
    TRY_ASSIGN(const auto rows,
               database_.query(fmt::format("SELECT {} FROM {} ORDER BY {}", columns,
                                           database_.table(table), order)));
    out.reserve(rows.size());
    for (const CatalogRow& row : rows) out.push_back(make(row));
    return {};
  }

  Status missing_changes(LakeRecords& out) {
    TRY_ASSIGN(
        const auto rows,
        database_.query(fmt::format(
            "SELECT s.snapshot_id FROM {} s LEFT JOIN {} c ON c.snapshot_id = s.snapshot_id "
            "WHERE c.snapshot_id IS NULL",
            database_.table("ducklake_snapshot"), database_.table("ducklake_snapshot_changes"))));
    for (const CatalogRow& row : rows) out.without_changes.insert(Cells(row).id());
    return {};
  }

  Status numbered(const std::string& kind, const std::string& table, const std::string& id,
                  LakeRecords& out) {
    TRY_ASSIGN(const auto rows,
               database_.query(fmt::format("SELECT {}, begin_snapshot, end_snapshot FROM {}", id,
                                           database_.table(table))));
    for (const CatalogRow& row : rows) {
      Cells cells(row);
      ducklake::NumberedRow& numbered = out.others.emplace_back();
      numbered.kind = kind;
      numbered.id = cells.id();
      numbered.lifetime = cells.lifetime();
    }
    return {};
  }

  Status inlined(LakeRecords& out) {
    TRY_ASSIGN(out.inlined_tables, read_inlined_tables(database_));
    for (ducklake::InlinedTable& inlined : out.inlined_tables) {
      TRY_ASSIGN(inlined.is_there, database_.has_table(inlined.row.name));
      if (inlined.is_there) TRY(highest_numbers(inlined));
    }
    return {};
  }

  Status highest_numbers(ducklake::InlinedTable& inlined) {
    TRY_ASSIGN(const auto rows,
               database_.query(
                   fmt::format("SELECT coalesce(max(begin_snapshot), 0), coalesce(max(row_id), -1) "
                               "FROM {}",
                               database_.table(inlined.row.name))));
    Cells cells(rows.at(0));
    inlined.begin_max = cells.id();
    inlined.row_id_max = cells.id();
    return {};
  }

  Status inlined_deletes(LakeRecords& out) {
    std::set<ducklake::Id> tables;
    for (const ducklake::TableRow& table : out.tables) tables.insert(table.id);
    for (const ducklake::Id table : tables) {
      const std::string name = fmt::format("ducklake_inlined_delete_{}", table);
      TRY_ASSIGN(const bool is_there, database_.has_table(name));
      if (!is_there) continue;
      TRY_ASSIGN(const auto rows,
                 database_.query(fmt::format("SELECT file_id, row_id, begin_snapshot FROM {} ORDER "
                                             "BY file_id, row_id",
                                             database_.table(name))));
      for (const CatalogRow& row : rows) {
        Cells cells(row);
        ducklake::InlinedDelete& deleted = out.inlined_deletes.emplace_back();
        deleted.table_id = table;
        deleted.file_id = cells.id();
        deleted.position = cells.id();
        deleted.begin = cells.id();
      }
    }
    return {};
  }

  CatalogDatabase& database_;
};

}  // namespace

Result<LakeRecords> read_records(CatalogDatabase& database, const std::string& data_path,
                                 RecordParts parts) {
  LakeRecords out;
  TRY_ASSIGN(out.data_path, DuckLakeCatalog(database, data_path).data_path());
  RecordReader reader(database);
  TRY(reader.history(out));
  if (parts != RecordParts::kHistory) TRY(reader.files(out));
  if (parts == RecordParts::kAll) TRY(reader.statistics(out));
  return out;
}

Result<std::uint64_t> count_inlined(CatalogDatabase& database, const std::string& table,
                                    ducklake::Id snapshot) {
  TRY_ASSIGN(const auto rows,
             database.query(fmt::format("SELECT count(*) FROM {} WHERE begin_snapshot <= {} AND "
                                        "(end_snapshot IS NULL OR end_snapshot > {})",
                                        database.table(table), snapshot, snapshot)));
  return Cells(rows.at(0)).count();
}

}  // namespace sluice
