// One commit to a lake: the rows that a new snapshot adds to the catalog's tables. All of it runs
// between begin_write() and commit() of the database, which give this writer the catalog alone; so
// the numbers that it hands out are its own, and what it reads is the newest state.
//
// A commit that is not finished, or whose database is not committed, leaves nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "format/ducklake/catalog_rows.h"
#include "format/ducklake/changes.h"
#include "format/ducklake/columns.h"
#include "format/ducklake/statistics.h"
#include "lake_catalog/catalog_database.h"
#include "model/table_name.h"

namespace sluice {

// A field by which a table's files are parted: a column and "identity", "year", "month", "day",
// "hour" or "bucket(N)" (specification, "ducklake_partition_column").
struct LakePartitionField {
  ducklake::Id column = 0;
  std::string transform;
};

struct LakeSortField {
  std::string column;
  bool descending = false;
};

struct LakeDefault {
  std::string value;  // a literal's text, or an expression of the engine
  bool is_expression = false;
};

struct NewLakeTable {
  std::string name;
  std::string uuid;
  std::string path;  // of its folder, with a slash
  bool path_is_relative = true;
  std::vector<ducklake::NewColumn> columns;
  std::string comment;
  std::vector<std::string> column_comments;          // by column, "" for none; may be empty
  std::vector<std::optional<LakeDefault>> defaults;  // by column; may be empty
  std::vector<std::pair<std::string, std::string>> partition;  // names of columns and transforms
  std::vector<LakeSortField> sort;
};

struct NewDataFile {
  std::string path;  // relative to the table's folder
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t footer_bytes = 0;
  ducklake::FileStats stats;
  std::vector<std::optional<std::string>> partition_values;  // by field
};

struct NewDeleteFile {
  ducklake::Id data_file = 0;
  std::string path;  // relative to the table's folder
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t footer_bytes = 0;
};

// All that was ever deleted of a data file that ends: the file has the snapshot of each deletion.
struct PastDeletions {
  NewDeleteFile file;
  ducklake::Id first = 0;  // of these snapshots
  ducklake::Id last = 0;
  std::vector<std::pair<ducklake::Id, std::string>> replaced;  // files of deletions, whole paths
};

// Rows of a table that stand in new files from the new snapshot on, and no more where they stood.
struct LakeRewrite {
  struct File {
    NewDataFile file;
    // Of its first row, where the rows' numbers follow each other; nothing where the file has a
    // column of them (specification, "Row lineage").
    std::optional<ducklake::Id> row_id_start;
    std::optional<ducklake::Id> partition;
  };
  std::vector<File> files;
  std::vector<ducklake::Id> ended;  // data files
  // Of those of them from which the catalog itself deletes rows, by the table `inlined_deletes`. A
  // later flush of such deletions makes a file that has no end, also for a data file that has.
  std::vector<PastDeletions> deletions;
  std::string inlined_deletes;
  std::string data_path;                   // of the lake
  std::vector<std::string> ended_inlined;  // tables of inlined rows
  ducklake::Id inlined_until = 0;          // of these the rows of this snapshot and before
};

// Version 7: sorts by time, as the numbers of a lake's tables do.
std::string new_uuid();

// Makes an empty lake: its tables, snapshot 0 and the schema "main". `data_path` is absolute.
// Requires: begin_write(), and no catalog is there.
Status create_lake(CatalogDatabase& database, const std::string& data_path);

class DuckLakeCommit {
 public:
  // Reads the newest snapshot. Requires: begin_write().
  static Result<DuckLakeCommit> begin(CatalogDatabase& database);

  const ducklake::SnapshotRow& base() const { return base_; }
  ducklake::Id snapshot() const { return base_.id + 1; }

  // As they are now; names are compared without case. nullopt: not there.
  Result<std::optional<ducklake::SchemaRow>> find_schema(const std::string& name);
  Result<std::optional<ducklake::TableRow>> find_table(const TableName& name);
  Result<std::optional<ducklake::TableRow>> find_table(ducklake::Id id);
  // Schemas that a snapshot made and that hold nothing now.
  Result<std::vector<ducklake::SchemaRow>> empty_schemas_of(ducklake::Id snapshot);
  // What snapshots after `since` changed, oldest first. Errors: kConflict where `since` is not
  // kept any more.
  Result<std::vector<ducklake::Change>> changes_since(ducklake::Id since);

  // The schema; made where it is not there, by that uuid, which its folder may be named by.
  Result<ducklake::SchemaRow> schema(const std::string& name, const std::string& uuid);
  Result<ducklake::TableRow> create_table(const ducklake::SchemaRow& schema,
                                          const NewLakeTable& table);
  // Requires: `table` is alive. Its number, its files and its folder stay.
  Status rename_table(const ducklake::TableRow& table, const std::string& schema,
                      const std::string& name);
  // Its files stay for the snapshots before.
  Status drop_table(const ducklake::TableRow& table);
  Status drop_schema(const ducklake::SchemaRow& schema);

  // Requires: `columns` are the table's; files without rows are none.
  Status add_files(ducklake::Id table, const std::vector<ducklake::LakeColumn>& columns,
                   const std::vector<NewDataFile>& files);
  // Each takes the place of what deletion file its data file has.
  Status add_deletes(ducklake::Id table, const std::vector<NewDeleteFile>& files);
  // The same bytes as one more file, with the statistics and the numbers of rows of the old one.
  Result<ducklake::Id> copy_data_file(ducklake::Id file, const std::string& path);
  // Inlined rows as they were at a snapshot.
  Status revert_inlined(ducklake::Id table, const std::string& inlined_table, ducklake::Id past);
  // Takes data files out, with their deletions.
  Status end_files(ducklake::Id table, const std::vector<ducklake::Id>& files);
  // The table's rows stay what they are, with their numbers; snapshots before keep what they read.
  Status rewrite(ducklake::Id table, const std::vector<ducklake::LakeColumn>& columns,
                 const LakeRewrite& rewrite);
  // Takes rows out of a table of inlined rows, by their numbers.
  Status end_inlined(ducklake::Id table, const std::string& inlined_table,
                     const std::vector<ducklake::Id>& row_ids);

  // Writes the snapshot itself.
  Status finish(const std::string& author, const std::string& message,
                const std::string& extra_info);

 private:
  DuckLakeCommit(CatalogDatabase& database, ducklake::SnapshotRow base);

  Status insert(std::string_view table, const std::string& columns,
                const std::vector<std::string>& rows);
  Status end_rows(std::string_view table, const std::string& key,
                  const std::vector<ducklake::Id>& ids);
  Status copy_rows(std::string_view table, const std::map<std::string, std::string>& set,
                   const std::string& where);
  Status add_columns(const NewLakeTable& table, const std::vector<ducklake::ColumnRow>& rows,
                     ducklake::Id id);
  Status add_comments(const NewLakeTable& table, const std::vector<ducklake::ColumnRow>& rows,
                      ducklake::Id id);
  Status add_layout(const NewLakeTable& table, const std::vector<ducklake::ColumnRow>& rows,
                    ducklake::Id id);
  Status add_column_stats(ducklake::Id file, ducklake::Id table, const ducklake::FileStats& stats);
  Status widen_table_stats(ducklake::Id table, const std::vector<ducklake::LakeColumn>& columns,
                           const std::vector<NewDataFile>& files, bool has_rows);
  // The first number of a row that the table has not given yet.
  Result<ducklake::Id> take_row_ids(ducklake::Id table, const std::vector<NewDataFile>& files,
                                    bool& has_rows);
  // Each takes the place of all that deletes rows of its data file, which has ended.
  Status replace_deletions(ducklake::Id table, const LakeRewrite& rewrite);
  // Counts a table's rows and bytes anew, those of inlined rows too; deleted ones are rows.
  Status count_table(ducklake::Id table);
  const std::string& truth(bool value) const;

  CatalogDatabase& database_;
  ducklake::SnapshotRow base_;
  ducklake::Id next_catalog_id_;
  ducklake::Id next_file_id_;
  std::vector<ducklake::Id> altered_;  // tables whose schema this snapshot changes
  bool schema_changed_ = false;
  std::vector<ducklake::Change> changes_;
};

}  // namespace sluice
