// All that a catalog holds of a lake, of all of its snapshots: what its history is told from and
// what is checked.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "format/ducklake/catalog_rows.h"
#include "model/table_name.h"

namespace sluice::ducklake {

// ducklake_file_column_stats. What is not set is not known.
struct FileStats {
  Id file_id = 0;
  Id column_id = 0;
  std::optional<Id> values;  // those that are not NULL
  std::optional<Id> nulls;
  std::optional<std::string> min;
  std::optional<std::string> max;
  std::optional<bool> has_nan;

  // Of types that files keep no statistics of.
  bool says_nothing() const { return values.value_or(0) == 0 && nulls.value_or(0) == 0; }
};

// ducklake_table_stats
struct TableStats {
  Id table_id = 0;
  std::optional<Id> rows;
  std::optional<Id> next_row_id;
};

// ducklake_table_column_stats
struct ColumnStats {
  Id table_id = 0;
  Id column_id = 0;
  std::optional<bool> has_null;
  std::optional<bool> has_nan;
  std::optional<std::string> min;
  std::optional<std::string> max;
};

struct PartitionColumn {
  Id partition_id = 0;
  Id table_id = 0;
  Id index = 0;
  Id column_id = 0;
  std::string transform;
};

struct PartitionValue {
  Id file_id = 0;
  Id index = 0;
  std::optional<std::string> value;
};

struct ScheduledFile {
  std::string path;
  bool path_is_relative = true;  // to the data path
};

// A table of the catalog's database with rows of a lake's table, and the highest numbers in it.
struct InlinedTable {
  InlinedTableRow row;
  bool is_there = true;
  std::optional<Id> since;  // the snapshot whose columns it has; none where that is not known
  Id begin_max = 0;
  Id row_id_max = -1;
};

// A row of ducklake_inlined_delete_<table>.
struct InlinedDelete {
  Id table_id = 0;
  Id file_id = 0;
  Id position = 0;
  Id begin = 0;
};

// A row that has a lifetime and a number out of the catalog's own sequence, of a kind that is not
// read otherwise: partitionings, macros, sort orders.
struct NumberedRow {
  std::string kind;
  Id id = 0;
  Lifetime lifetime;
};

struct LakeRecords {
  std::string data_path;  // ends with a slash
  std::vector<SnapshotRow> snapshots;
  std::set<Id> without_changes;  // snapshots that ducklake_snapshot_changes lacks
  std::vector<SchemaRow> schemas;
  std::vector<TableRow> tables;
  std::vector<ViewRow> views;
  std::vector<ColumnRow> columns;

  std::vector<DataFileRow> files;
  std::vector<DeleteFileRow> deletes;
  std::vector<FileStats> file_stats;
  std::vector<TableStats> table_stats;
  std::vector<ColumnStats> column_stats;
  std::vector<PartitionColumn> partition_columns;
  std::vector<PartitionValue> partition_values;
  std::vector<ScheduledFile> scheduled;
  std::vector<InlinedTable> inlined_tables;
  std::vector<InlinedDelete> inlined_deletes;
  std::vector<NameMappingRow> mappings;
  std::vector<NumberedRow> others;

  // Requires: there is a snapshot.
  const SnapshotRow& newest() const { return snapshots.back(); }
};

// A field of a partitioning as `--partition` spells it: "k", "year(d)", "bucket(4, id)".
std::string partition_words(const std::string& transform, const std::string& column);

// The row of a table at a snapshot; the newest one of a table that is not there then; null for a
// number that no table has.
const TableRow* find_table(const LakeRecords& records, Id table, Id snapshot);

// "schema.name" at a snapshot, or as it was called last; "table 7" for one that is not known.
std::string table_name(const LakeRecords& records, Id table, Id snapshot);
// nullopt for a table that is not known.
std::optional<TableName> known_name(const LakeRecords& records, Id table, Id snapshot);

// The folder of a table's files, with a slash; nullopt for a table that is not known.
std::optional<std::string> table_folder(const LakeRecords& records, Id table);

// The columns that a table had at a snapshot, parts included.
std::vector<ColumnRow> columns_at(const LakeRecords& records, Id table, Id snapshot);

}  // namespace sluice::ducklake
