// Private to endpoint/ducklake: which files of a lake are to be put together.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "endpoint/ducklake/inlined.h"
#include "endpoint/ducklake/partition.h"
#include "endpoint/ducklake/past_deletions.h"
#include "endpoint/lake_keeper.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

// The number of the column kRowId in files (specification, "Row lineage").
inline constexpr Id kRowIdField = 2147483540;

// Files whose rows become one file, or none where all of them are deleted.
struct CompactBundle {
  std::vector<std::size_t> files;  // in LakeTable::files, in the order of their rows' numbers
  bool has_inlined = false;        // and all rows that stand in the catalog
  std::optional<Id> partition;
  std::vector<std::optional<std::string>> partition_values;
  std::uint64_t bytes = 0;  // that the file will have, roughly
  // Where the rows' numbers follow each other, and stay in their order.
  std::optional<Id> row_id_start;
};

struct CompactTable {
  LakeTable table;
  InlinedRows inlined;
  std::map<std::string, std::uint64_t> inlined_rows;  // by table of the catalog's database
  std::map<Id, std::uint64_t> inlined_deletes;        // by data file
  DeletionFiles deletion_files;                       // of the data files of inlined_deletes
  std::set<Id> broken_history;  // data files whose deletions cannot be put into one file
  std::map<Id, std::vector<std::optional<std::string>>> partition_values;  // by data file
  TablePartition partition;
  std::vector<std::string> order;  // ORDER BY terms
  std::set<Id> numbered;           // files with a column kRowId
  std::vector<CompactBundle> bundles;

  std::uint64_t deleted(const LakeFile& file) const;
};

struct CompactPlan {
  Id snapshot = 0;
  std::string data_path;
  std::vector<CompactTable> tables;  // those with something to do
  std::vector<LakeLeftFacts> left;
};

// What is done with already, by an earlier try.
struct CompactDone {
  std::set<Id> files;
  std::set<Id> inlined;  // tables
};

// Rows that a table of inlined rows has at `snapshot` and still has.
Result<std::uint64_t> count_inlined_rows(CatalogDatabase& database, const std::string& table,
                                         Id snapshot);

// The relations of the plan live in the engine until close_plan().
Result<CompactPlan> plan_compaction(CatalogDatabase& database, const LakeCompaction& wanted,
                                    const CompactDone& done, Engine& engine);
void close_plan(CompactPlan& plan, Engine& engine);

}  // namespace sluice::ducklake
