#include "endpoint/copied_files.h"

#include <charconv>

namespace sluice {
namespace {

// The columns of the result, by place.
enum CopyColumn : std::size_t { kFileName, kRows, kBytes, kFooterBytes, kStatistics, kPartition };

std::string text_at(const ColumnView& column, std::uint64_t row) {
  return std::string(column.at<TextCell>(row).view());
}

// One cell of the type MAP(VARCHAR, VARCHAR).
TextMap text_map(const ColumnView& map, std::uint64_t row) {
  TextMap out;
  if (map.is_null(row)) return out;
  const auto& cell = map.at<ListCell>(row);
  for (std::uint64_t i = cell.offset; i < cell.offset + cell.length; ++i) {
    const ColumnView& value = map.children.at(1);
    std::optional<std::string> text;
    if (!value.is_null(i)) text = text_at(value, i);
    out.emplace_back(text_at(map.children.at(0), i), std::move(text));
  }
  return out;
}

CopiedFile copied_file(const Batch& batch, std::size_t row) {
  CopiedFile file;
  file.path = text_at(batch.columns.at(kFileName), row);
  file.rows = batch.columns.at(kRows).at<std::uint64_t>(row);
  file.bytes = batch.columns.at(kBytes).at<std::uint64_t>(row);
  file.footer_bytes = batch.columns.at(kFooterBytes).at<std::uint64_t>(row);
  file.partition = text_map(batch.columns.at(kPartition), row);
  const ColumnView& statistics = batch.columns.at(kStatistics);
  const auto& cell = statistics.at<ListCell>(row);
  for (std::uint64_t i = cell.offset; i < cell.offset + cell.length; ++i) {
    file.statistics[text_at(statistics.children.at(0), i)] = text_map(statistics.children.at(1), i);
  }
  return file;
}

// PARTITION_BY makes folders that are called as the values are, and the engine's error would hold
// the whole value.
bool is_about_a_name(const Error& error) {
  return error.message.find("File name too long") != std::string::npos;
}

Error name_error() {
  return Error(ErrorKind::kUnsupported,
               "a value to part by is too long: while files are written their folder is called "
               "after it, in at most 255 bytes")
      .advise("part by another column, or by none: --partition");
}

}  // namespace

Result<std::vector<CopiedFile>> copy_to_files(EngineConnection& connection,
                                              const std::string& sql) {
  std::vector<CopiedFile> files;
  const Status done = connection.stream(sql, [&](const Batch& batch) -> Status {
    for (std::size_t row = 0; row < batch.rows; ++row) files.push_back(copied_file(batch, row));
    return {};
  });
  if (done) return files;
  return fail(is_about_a_name(done.error()) ? name_error() : done.error());
}

std::uint64_t copied_number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace sluice
