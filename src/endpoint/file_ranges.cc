#include "endpoint/file_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/limits.h"
#include "base/text.h"

namespace sluice {
namespace {

class Ranges {
 public:
  // Ends the range that is open at a position and begins the next one there.
  void cut(FilePosition at) {
    const std::string bound = fmt::format("{}:{}", at.file, at.row);
    if (!out_.empty()) out_.back().end = bound;
    out_.push_back({static_cast<int>(out_.size()), bound, "", 0});
  }
  void take(std::uint64_t rows) { out_.back().rows_estimate += rows; }
  std::uint64_t rows() const { return out_.back().rows_estimate; }

  std::vector<ChunkRange> done() && { return std::move(out_); }

 private:
  std::vector<ChunkRange> out_;
};

FilePosition position_of(const std::string& text) {
  FilePosition out;
  const char* const end = text.data() + text.size();
  const auto file = std::from_chars(text.data(), end, out.file);
  if (file.ptr != end) std::from_chars(file.ptr + 1, end, out.row);
  return out;
}

}  // namespace

FileSpan span_of(const ChunkRange* range, std::size_t files) {
  FileSpan out;
  out.end.file = files;
  if (range == nullptr) return out;
  out.begin = position_of(range->begin);
  if (!range->end.empty()) out.end = position_of(range->end);
  if (out.begin.file >= files) out.begin = {files, 0};
  if (out.end.file >= files) out.end = {files, 0};
  return out;
}

std::vector<FilePart> parts_of(const ChunkRange* range, std::size_t files) {
  const auto [begin, end] = span_of(range, files);
  std::vector<FilePart> out;
  for (std::size_t i = begin.file; i < files && i <= end.file; ++i) {
    if (i == end.file && end.row == 0) break;
    out.push_back({i, i == begin.file ? begin.row : 0, i == end.file ? end.row : 0});
  }
  return out;
}

std::string where_in_part(const FilePart& part) {
  std::vector<std::string> terms;
  if (part.begin > 0) terms.push_back(fmt::format("f.file_row_number >= {}", part.begin));
  if (part.end > 0) terms.push_back(fmt::format("f.file_row_number < {}", part.end));
  return terms.empty() ? "" : " WHERE " + join(terms, " AND ");
}

std::vector<ChunkRange> file_ranges(const FileRangesInput& input) {
  const std::uint64_t wanted = std::max<std::uint64_t>(1, input.wanted);
  const std::uint64_t step =
      wanted < kRowGroupRows ? wanted : wanted / kRowGroupRows * kRowGroupRows;
  Ranges ranges;
  ranges.cut({0, 0});
  bool is_full = false;  // what comes next begins a range
  for (std::size_t i = 0; i < input.rows.size(); ++i) {
    const std::uint64_t rows = input.rows[i];
    const bool is_split = input.splits && rows > wanted;
    if (i > 0 && (is_full || is_split || ranges.rows() + rows > wanted)) ranges.cut({i, 0});
    for (std::uint64_t at = step; is_split && at < rows; at += step) {
      ranges.take(step);
      ranges.cut({i, at});
    }
    ranges.take(is_split ? rows - (rows - 1) / step * step : rows);
    is_full = is_split;
  }
  if (input.behind > 0 && is_full) ranges.cut({input.rows.size(), 0});
  ranges.take(input.behind);
  return std::move(ranges).done();
}

}  // namespace sluice
