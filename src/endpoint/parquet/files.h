// Private to endpoint/parquet: which files are which table, and whether they are whole.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::parquet {

// Of files that a run has staged and nobody else is to take for a table's.
constexpr const char* kStagedEnding = ".parquet.staged";

struct ParquetFiles {
  std::string table;
  std::vector<std::filesystem::path> files;  // sorted
  bool is_hive = false;                      // columns in the names of folders: k=v
  bool is_folder = false;

  // ['a.parquet', 'b.parquet'] for SQL.
  std::string list_sql() const;
};

// All tables at a location, a file or a folder, by name. Names that begin with `.` or `_` do not
// count. Errors: kInvalid where NAME.parquet and a folder NAME are both there.
Result<std::vector<ParquetFiles>> find_tables(const std::filesystem::path& location);

// One table, also one that find_tables() leaves out (what a run has staged). Errors: kNotFound.
Result<ParquetFiles> find_table(const std::filesystem::path& location, const std::string& table);

// What else lies in the folder of a table, as paths below `location`; sorted.
std::vector<std::string> other_files(const std::filesystem::path& location,
                                     const ParquetFiles& table);

// Looks at both ends of a file. Errors: kCorrupt, kUnsupported (encrypted).
Status check_whole(const std::filesystem::path& file);

// Names, sizes, times and footers.
Result<std::string> stamp_of(const ParquetFiles& table);

}  // namespace sluice::parquet
