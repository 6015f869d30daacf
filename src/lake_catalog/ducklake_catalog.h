// Reads a DuckLake catalog: which snapshots there are, and what a lake is made of at one of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/ducklake/catalog_rows.h"
#include "format/ducklake/columns.h"
#include "lake_catalog/catalog_database.h"
#include "model/table_name.h"

namespace sluice {

// Which moment of a lake is meant: the newest snapshot where neither is set.
struct LakeMoment {
  std::optional<ducklake::Id> snapshot;
  // ISO 8601, UTC where it has no offset: the newest snapshot that is not after it.
  std::string time;
};

// A deletion file, and where it lies.
struct LakeDeletes {
  ducklake::DeleteFileRow row;
  std::string path;
};

struct LakeFile {
  ducklake::DataFileRow row;
  std::string path;  // whole
  std::optional<LakeDeletes> deletes;
  bool has_inlined_deletes = false;
  // The columns that the table had when the file was added; nothing where they are those of now.
  // Files of a table whose columns changed may have others (endpoint/ducklake/file_layout.h).
  std::optional<std::vector<ducklake::LakeColumn>> layout;
};

// Rows of the table in the catalog's database, under the columns that the table had then.
struct LakeInlined {
  std::string table;
  std::vector<ducklake::LakeColumn> columns;
};

struct LakeTable {
  TableName name;
  ducklake::TableRow row;
  std::string folder;  // whole, ends with a slash
  std::vector<ducklake::LakeColumn> columns;
  bool columns_changed = false;  // since it was made
  std::string comment;
  std::map<ducklake::Id, std::string> column_comments;
  std::vector<LakeFile> files;  // in the order of their numbers
  std::vector<LakeInlined> inlined;
  std::string inlined_deletes;  // the table of the catalog's database; "" where there is none
};

struct LakeView {
  TableName name;
  ducklake::ViewRow row;
};

struct Lake {
  std::string version;
  std::string data_path;  // ends with a slash
  ducklake::SnapshotRow snapshot;
  std::vector<ducklake::SchemaRow> schemas;
  std::vector<LakeTable> tables;
  std::vector<LakeView> views;
};

class DuckLakeCatalog {
 public:
  // `data_path` replaces the one that the catalog names, where it is not "".
  DuckLakeCatalog(CatalogDatabase& database, std::string data_path)
      : database_(database), data_path_(std::move(data_path)) {}

  // All of these between begin_read() or begin_write() of the database and its end.
  // Errors: kNotFound for a moment that no snapshot is for, kUnsupported for what sluice does not
  // read (another version, encryption, name mappings of another kind), kCorrupt.
  Result<std::vector<ducklake::SnapshotRow>> snapshots();
  Result<ducklake::SnapshotRow> snapshot_at(const LakeMoment& moment);
  Result<Lake> load(const LakeMoment& moment);
  // As the catalog names it, or as the constructor was told.
  Result<std::string> data_path();
  // The newest snapshot whose extra information is one of `infos`.
  Result<std::optional<ducklake::SnapshotRow>> newest_with_info(
      const std::vector<std::string>& infos);
  // The columns of one table at a snapshot, which may be the one that is being written.
  Result<std::vector<ducklake::LakeColumn>> columns_of(ducklake::Id table, ducklake::Id snapshot);

 private:
  struct Loading;
  Result<ducklake::SnapshotRow> snapshot_before(const std::string& time);
  Status load_metadata(Lake& lake);
  Status load_names(Loading& loading);
  Status load_columns(Loading& loading);
  Status load_comments(Loading& loading);
  Status load_files(Loading& loading);
  Status load_deletes(Loading& loading);
  Status load_inlined(Loading& loading);
  Result<std::vector<CatalogRow>> select(const std::string& columns, std::string_view table,
                                         const std::string& rest = "");
  std::string alive(ducklake::Id snapshot) const;

  CatalogDatabase& database_;
  std::string data_path_;
};

}  // namespace sluice
