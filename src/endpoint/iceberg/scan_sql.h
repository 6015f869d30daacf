// Private to endpoint/iceberg: engine SQL over data files, and over delete files, which are alike.
//
// Files that have their columns under the same names are read by one scan. What is in a file and
// not in the table is left out; what a file lacks is what the specification says ("Column
// Projection"): the partition's value, else the initial default, else NULL.
#pragma once

#include <string>
#include <vector>

#include "endpoint/file_ranges.h"
#include "endpoint/iceberg/file_columns.h"
#include "endpoint/iceberg/live_files.h"

namespace sluice::iceberg {

// Equality deletes of a group's files: a relation whose columns c0, c1, ... are equal to those of a
// row that is deleted.
struct EqualityFilter {
  std::string relation;
  // By its columns: which of the group's, by place, and the way into it through structs.
  std::vector<std::size_t> columns;
  std::vector<std::vector<std::string>> paths;
};

enum class GroupBy {
  kColumns,  // the fewest scans
  // Scans of one partition each, where there are not too many: a filter on columns of the partition
  // then meets constants, and the engine drops the scans that it rules out with their files unread.
  kPartition,
};

// What one scan reads.
struct ScanGroup {
  bool has_ids = false;            // the files know their columns by ids
  bool is_of_partition = false;    // its files have equal values in the partition's columns
  std::vector<FilePart> parts;     // by place in the table's files; one, where not a whole file
  std::vector<std::string> paths;  // of each part, as the engine is told them
  std::vector<FileColumn> found;   // of each column
  std::string deleted;             // relation (file, pos) by place in `parts`; "" where none
  std::vector<EqualityFilter> equality;
};

// What a scan is of. All outlive it.
struct ScanInput {
  const TableState* table = nullptr;
  const std::vector<LiveFile>* files = nullptr;
  std::vector<const Column*> columns;  // those that are shown, then those that deletes need
  std::size_t shown = 0;
};

// One more item of a select: the place of a row's file in ScanGroup::parts.
inline constexpr const char* kPlaceName = "\"sluice: place\"";
inline constexpr const char* kPlaceItem = "CAST(f.file_index AS BIGINT) AS \"sluice: place\"";

// Whether all rows of a group's files have one value of the column, which the partition says. Not
// of floats: -0.0 and 0.0 may be in one partition.
bool is_constant(const ScanInput& input, const ScanGroup& group, const Column& column);

// Whether a file's partition says the column's value: its spec has the column as it is.
const Value* partition_value(const LiveFile& file, std::int32_t column_id);

// A SELECT with the shown columns, under their names and in their types. `also`: one more item of
// it, over the scan "f".
Result<std::string> select_of(const ScanInput& input, const ScanGroup& group,
                              const std::string& also = "");

// The same columns, without a row.
Result<std::string> select_nothing(const ScanInput& input);

}  // namespace sluice::iceberg
