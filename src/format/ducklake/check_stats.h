// Statistics against the values that a scan found. A bound is typed: "9" is below "10" where the
// column holds numbers, so that comparing is the engine's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/ducklake/check_files.h"

namespace sluice::ducklake {

// `low` must not be above `high`, read as `type`.
struct Bound {
  std::string type;  // the engine's; "" for text, whose bytes are compared
  std::string low;
  std::string high;
};

// Wrong if `bound` does not hold; where there is none it is wrong.
struct Suspicion {
  LakeFinding finding;
  std::optional<Bound> bound;
  // The file whose values it is about; of a table's statistics, deleted rows may be the reason.
  std::optional<Id> file;
};

// Of each file: null_count, min_value, max_value, contains_nan.
std::vector<Suspicion> suspect_file_stats(const LakeRecords& records, const LakeFactsOnDisk& disk,
                                          const FilePaths& paths);

// Of each live table: record_count, next_row_id, and the bounds of its columns.
std::vector<Suspicion> suspect_table_stats(const LakeRecords& records, const LakeFactsOnDisk& disk,
                                           const TakesTable& takes);

// nullopt: the engine has to tell.
std::optional<bool> holds(const Bound& bound);

}  // namespace sluice::ducklake
