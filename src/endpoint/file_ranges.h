// Ranges of tables whose rows are in files, which the endpoint keeps in an order: "file:row", the
// row counted as it stands in the file.
//
// The ranges of a table follow one another without gap, and the last one has no end: whatever
// became of the files since, a range for each row is among them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/endpoint.h"

namespace sluice {

struct FilePosition {
  std::size_t file = 0;
  std::uint64_t row = 0;  // 0 as an end: nothing of the file
};

struct FileSpan {
  FilePosition begin;
  FilePosition end;
};

// What a range means in a table of so many files; all of them where it is null.
FileSpan span_of(const ChunkRange* range, std::size_t files);

// Rows [begin, end) of a file, counted as they stand in it; end 0 is all of them.
struct FilePart {
  std::size_t file = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// " WHERE ..." for a relation f of one file with file_row_number; "" for all of its rows.
std::string where_in_part(const FilePart& part);

std::vector<FilePart> parts_of(const ChunkRange* range, std::size_t files);

// Whether rows that are in no file belong to it.
inline bool reaches_behind(const ChunkRange* range) {
  return range == nullptr || range->end.empty();
}

struct FileRangesInput {
  std::vector<std::uint64_t> rows;  // of each file
  std::uint64_t behind = 0;         // rows that are in no file, taken to come last
  std::uint64_t wanted = 0;         // rows of a range
  bool splits = true;               // whether a file may be in several
};

// At least one. Files are parted at row groups of the usual size, so that none is read twice.
std::vector<ChunkRange> file_ranges(const FileRangesInput& input);

}  // namespace sluice
