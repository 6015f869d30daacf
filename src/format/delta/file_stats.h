// A file's statistics, which the log keeps as a text of JSON ("Per-file Statistics"): parsed when
// they are asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/delta/schema.h"

namespace sluice::delta {

// numRecords: of the data file, with the rows that a deletion vector takes away. nullopt where the
// statistics do not say it.
std::optional<std::uint64_t> rows_of(const AddFile& file);

// What is known of one column of a file. Bounds are texts as JSON has them, of strings without
// their quotes; nullopt where nothing is known.
struct ColumnStats {
  std::vector<std::string> path;  // physical names, from the outermost
  std::optional<std::string> min;
  std::optional<std::string> max;
  bool min_is_exact = false;  // it is a value of the column, not only below all of them
  bool max_is_exact = false;
  std::optional<std::uint64_t> nulls;  // among all rows of the data file
  bool all_null = false;               // of the rows that are not deleted
};

struct FileStats {
  std::optional<std::uint64_t> rows;
  std::vector<ColumnStats> columns;  // leaves of the schema that are in no list or map
};

// A bound is only taken as exact where nothing could have cut it: strings are cut at a prefix, and
// of timestamps the digits below a millisecond, whose maximum is given a millisecond more; wide
// bounds (tightBounds false) are never exact. Errors: kCorrupt.
Result<FileStats> parse_stats(const AddFile& file, const TableSchema& schema);

}  // namespace sluice::delta
