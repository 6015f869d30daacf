// One table of a lake at its newest snapshot, for a program that adds rows to it: what it is made
// of, and relations over the rows that may have certain keys.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "endpoint/ducklake/inlined.h"
#include "endpoint/ducklake/partition.h"
#include "engine/engine.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

// What a column's values lie between, as the catalog spells values.
struct KeyRange {
  Id column = 0;
  std::string min;
  std::string max;
};

class TableView {
 public:
  // Requires: begin_read() or begin_write() of `database`. Only the relations need the engine, in
  // which rows of the catalog's database live as long as the view.
  static Result<TableView> load(CatalogDatabase& database, const TableName& name, Engine& engine);
  ~TableView();
  TableView(TableView&& other) noexcept;
  TableView& operator=(TableView&&) = delete;

  Id snapshot() const { return snapshot_; }
  const std::string& data_path() const { return data_path_; }
  // Nothing where the lake has no such table.
  const std::optional<LakeTable>& table() const { return table_; }
  bool is_view() const { return is_view_; }
  // Where the files of a table that is not there yet would go, with a slash.
  const std::string& folder_of_schema() const { return folder_of_schema_; }
  // By which the schema is made, where it is not there either.
  const std::string& uuid_of_schema() const { return uuid_of_schema_; }

  // The files that may have a row within all of the ranges and that are not in `known`, by place in
  // LakeTable::files. Files without bounds may.
  std::vector<std::size_t> files_within(const std::vector<KeyRange>& ranges,
                                        const std::set<Id>& known) const;
  // A relation with all columns of the table: rows of these files, and those that the catalog's
  // database holds. "" where there can be none.
  Result<std::string> rows_of(const std::vector<std::size_t>& files) const;
  const InlinedRows& inlined() const { return inlined_; }
  // Of files that are written for the table.
  const TablePartition& partition() const { return partition_; }

 private:
  explicit TableView(Engine& engine) : engine_(&engine) {}
  Status load_bounds(CatalogDatabase& database);

  struct Bounds {
    std::optional<std::string> min;
    std::optional<std::string> max;
  };

  Engine* engine_;
  Id snapshot_ = 0;
  std::string data_path_;
  std::string folder_of_schema_;
  std::string uuid_of_schema_;
  bool is_view_ = false;
  std::optional<LakeTable> table_;
  InlinedRows inlined_;
  TablePartition partition_;
  std::map<std::pair<Id, Id>, Bounds> bounds_;  // by file and column
};

}  // namespace sluice::ducklake
