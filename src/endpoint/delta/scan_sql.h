// Private to endpoint/delta: engine SQL over a table's data files.
//
// Files are read by one scan where their columns have the same names in them. What is in a file and
// not in the table is left out, what is in the table and not in the file is NULL, narrower types of
// older files are widened, and columns of the partition come from the log.
#pragma once

#include <string>
#include <vector>

#include "endpoint/delta/table_state.h"
#include "endpoint/file_ranges.h"

namespace sluice::delta {

// Parts that one scan reads.
struct ScanGroup {
  std::vector<FilePart> parts;  // by place in Snapshot::files; one, where it is not a whole file
  std::vector<Field> columns;   // of the table, with the physical names that these files have
  std::string deleted;          // relation (file, pos) by place in `parts`; "" where there is none
};

// A SELECT with all columns of the table, under their display names and in their types. `also`: one
// more item of it, "f.file_index AS file": the place of a row's file in ScanGroup::parts.
Result<std::string> select_of(const TableState& table, const ScanGroup& group,
                              const std::string& also = "");

// The same columns, without a row.
Result<std::string> select_nothing(const TableState& table);

}  // namespace sluice::delta
