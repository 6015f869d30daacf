// The rows of a DuckLake catalog (specification 1.0, "Tables"), as far as sluice uses them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::ducklake {

// Numbers of snapshots, of catalog entries (schemas, tables, views) and of files.
using Id = std::int64_t;

// What a row is valid for: snapshots from `begin` up to, not including, `end`.
struct Lifetime {
  Id begin = 0;
  std::optional<Id> end;

  bool holds(Id snapshot) const { return begin <= snapshot && (!end || snapshot < *end); }
};

struct SnapshotRow {
  Id id = 0;
  std::string time;  // as the catalog's database spells it, with an offset
  Id schema_version = 0;
  Id next_catalog_id = 0;
  Id next_file_id = 0;
  std::string changes;  // changes.h
  std::string author;
  std::string message;
  std::string extra_info;
};

struct SchemaRow {
  Id id = 0;
  Lifetime lifetime;
  std::string name;
  std::string path;
  bool path_is_relative = true;
};

struct TableRow {
  Id id = 0;
  std::string uuid;
  Lifetime lifetime;
  Id schema_id = 0;
  std::string name;
  std::string path;
  bool path_is_relative = true;
};

struct ViewRow {
  Id id = 0;
  Lifetime lifetime;
  Id schema_id = 0;
  std::string name;
  std::string dialect;
  std::string sql;
};

struct ColumnRow {
  Id id = 0;  // unique within its table for ever; the field id in its files
  Lifetime lifetime;
  Id table_id = 0;
  Id order = 0;
  std::string name;
  std::string type;
  std::optional<std::string> initial_default;  // of rows in files that lack the column
  std::optional<std::string> default_value;
  std::string default_kind;  // "literal", "expression", ""
  bool nullable = true;
  std::optional<Id> parent;
};

struct DeleteFileRow {
  Id id = 0;
  Lifetime lifetime;
  Id table_id = 0;
  Id data_file_id = 0;
  std::string path;
  bool path_is_relative = true;
  std::string format;  // "parquet", "puffin"
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t footer_bytes = 0;
  std::optional<std::string> encryption_key;
  // Set where the file holds deletions of several snapshots: the newest of them.
  std::optional<Id> partial_max;
};

struct DataFileRow {
  Id id = 0;
  Lifetime lifetime;
  Id table_id = 0;
  std::string path;
  bool path_is_relative = true;
  std::string format;
  std::uint64_t rows = 0;  // those that are deleted included
  std::uint64_t bytes = 0;
  std::optional<Id> row_id_start;
  std::optional<Id> partition_id;
  std::optional<std::string> encryption_key;
  std::optional<Id> mapping_id;
  // Set where the file holds rows of several snapshots: the newest of them.
  std::optional<Id> partial_max;
};

// A table of the catalog's database that holds rows of a lake's table.
struct InlinedTableRow {
  Id table_id = 0;
  std::string name;
  Id schema_version = 0;
};

// An entry of a name mapping: which column of a file is which of the table, where files have no
// field ids.
struct NameMappingRow {
  Id mapping_id = 0;
  Id column_id = 0;  // within the mapping
  std::string source_name;
  Id target_field_id = 0;
  std::optional<Id> parent;
  bool is_partition = false;
};

}  // namespace sluice::ducklake
