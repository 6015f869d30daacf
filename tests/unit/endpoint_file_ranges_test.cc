// Ranges of tables that are files: one after the other, without gap, and the last one open.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "endpoint/file_ranges.h"

namespace sluice {
namespace {

std::string shown(const FileRangesInput& input) {
  std::string out;
  for (const ChunkRange& range : file_ranges(input)) {
    out += (out.empty() ? "" : " ") + range.begin + "-" + range.end + "=" +
           std::to_string(range.rows_estimate);
  }
  return out;
}

FileRangesInput input_of(std::vector<std::uint64_t> rows, std::uint64_t wanted) {
  FileRangesInput input;
  input.rows = std::move(rows);
  input.wanted = wanted;
  return input;
}

TEST(FileRanges, SmallFilesArePackedAndBigOnesParted) {
  EXPECT_EQ(shown(input_of({}, 10)), "0:0-=0");
  EXPECT_EQ(shown(input_of({0, 0}, 10)), "0:0-=0");
  EXPECT_EQ(shown(input_of({4, 6, 1}, 10)), "0:0-2:0=10 2:0-=1");
  EXPECT_EQ(shown(input_of({4, 25, 3}, 10)),
            "0:0-1:0=4 1:0-1:10=10 1:10-1:20=10 1:20-2:0=5 2:0-=3");
  EXPECT_EQ(shown(input_of({20}, 10)), "0:0-0:10=10 0:10-=10");
  EXPECT_EQ(shown(input_of({3}, 0)), "0:0-0:1=1 0:1-0:2=1 0:2-=1");
}

TEST(FileRanges, FilesThatAreNotPartedStayWhole) {
  FileRangesInput input = input_of({25, 1}, 10);
  input.splits = false;
  EXPECT_EQ(shown(input), "0:0-1:0=25 1:0-=1");
}

TEST(FileRanges, RowsInNoFileComeLast) {
  FileRangesInput input = input_of({4}, 10);
  input.behind = 3;
  EXPECT_EQ(shown(input), "0:0-=7");
  input.rows = {20};
  EXPECT_EQ(shown(input), "0:0-0:10=10 0:10-1:0=10 1:0-=3");
  EXPECT_TRUE(reaches_behind(nullptr));
  EXPECT_FALSE(reaches_behind(&file_ranges(input)[0]));
  EXPECT_TRUE(reaches_behind(&file_ranges(input)[2]));
}

TEST(FileRanges, EndWithRowGroups) {
  EXPECT_EQ(shown(input_of({3 * kRowGroupRows}, 2 * kRowGroupRows + 5)),
            "0:0-0:" + std::to_string(2 * kRowGroupRows) + "=" + std::to_string(2 * kRowGroupRows) +
                " 0:" + std::to_string(2 * kRowGroupRows) + "-=" + std::to_string(kRowGroupRows));
}

// Whatever files there are when the ranges are read, each row is in one of them.
TEST(FileRanges, CoverWhateverBecameOfTheFiles) {
  const std::vector<std::uint64_t> now[] = {{4, 25, 3}, {4}, {}, {1, 1, 1, 1, 40, 2}, {100}};
  for (const auto& planned : now) {
    const auto ranges = file_ranges(input_of(planned, 10));
    for (const auto& files : now) {
      std::vector<std::uint64_t> seen(files.size());
      for (const ChunkRange& range : ranges) {
        for (const FilePart& part : parts_of(&range, files.size())) {
          EXPECT_EQ(part.begin, seen[part.file]);
          seen[part.file] = part.end == 0 ? files[part.file] : part.end;
        }
      }
      for (std::size_t i = 0; i < files.size(); ++i) EXPECT_GE(seen[i], files[i]);
    }
  }
}

}  // namespace
}  // namespace sluice
