// Private to endpoint/ducklake: engine SQL over a table's data files at one snapshot.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "endpoint/file_ranges.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

struct FileScan {
  const LakeTable* table = nullptr;
  Id snapshot = 0;
  // Relation (file_id BIGINT, pos BIGINT) of the positions that the catalog itself deletes.
  std::string inlined_deletes;
};

// A relation over Parquet files.
std::string read_sql(const std::vector<std::string>& paths);

// SELECTs with all columns of the table, to be joined by UNION ALL. Files that are read alike are
// in one of them. Errors: kUnsupported, naming the file, for what is not read.
Result<std::vector<std::string>> file_selects(const FileScan& scan,
                                              const std::vector<FilePart>& parts);

// The rows that are deleted from a file, as SELECTs of "pos".
Result<std::vector<std::string>> deleted_positions(const FileScan& scan, const LakeFile& file);

// One file's rows, without the deleted ones, each with its place in the file as "sluice_pos" behind
// the table's columns.
Result<std::string> select_with_positions(const FileScan& scan, std::size_t file);

// SELECTs of whole files' rows, without the deleted ones, each with its number (specification, "Row
// lineage") as kRowId behind the table's columns. `numbered`: the files that have such a column.
// Requires: the others have a row_id_start.
Result<std::vector<std::string>> numbered_selects(const FileScan& scan,
                                                  const std::vector<std::size_t>& files,
                                                  const std::set<Id>& numbered);

}  // namespace sluice::ducklake
