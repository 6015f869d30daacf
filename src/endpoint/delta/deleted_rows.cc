#include "endpoint/delta/deleted_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"

namespace sluice::delta {
namespace {

Error in_table(Error error, const TableState& table, const AddFile& file) {
  error.message =
      fmt::format("table \"{}\", data file {}: {}", table.name.display(), file.path, error.message);
  error.object = table.name.display();
  if (error.hint.empty()) {
    error.hint =
        "rows that were deleted cannot be told from the others: restore the file, or read "
        "a version without it with --at";
  }
  return error;
}

}  // namespace

// Only the vector is read of a file elsewhere, and once the byte that says what the file is.
Result<RowSet> DeletedRows::read_framed(const DeletionVectorDescriptor& vector,
                                        const std::string& path, Files& files) {
  const bool is_local = files.is_local();
  if (path != file_) {
    TRY_ASSIGN(bytes_, is_local ? read_file(path) : files.read_range(path, 0, 1));
    file_ = path;
  }
  if (bytes_.empty() || bytes_.front() != kVectorFileVersion) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("{} is a file of deletion vectors of version {}, not {}", path,
                            bytes_.empty() ? -1 : bytes_.front(), int{kVectorFileVersion}));
  }
  const auto offset =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, vector.offset.value_or(0)));
  if (vector.bytes < 0 || (is_local && offset > bytes_.size())) {
    return fail(ErrorKind::kCorrupt, fmt::format("{} has {} bytes, a deletion vector begins at {}",
                                                 path, bytes_.size(), offset));
  }
  if (is_local) return parse_framed(vector, std::string_view(bytes_).substr(offset));
  auto framed =
      files.read_range(path, offset, static_cast<std::uint64_t>(vector.bytes) + 2 * kVectorFrame);
  if (!framed && framed.error().kind == ErrorKind::kInvalid) {
    framed.error().kind = ErrorKind::kCorrupt;
  }
  TRY_ASSIGN(const std::string bytes, std::move(framed));
  return parse_framed(vector, bytes);
}

Result<RowSet> DeletedRows::of(const TableState& table, const AddFile& file, Files& files) {
  const DeletionVectorDescriptor& vector = *file.deletion_vector;
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(vector.unique_id());
  if (known != known_.end()) return known->second;
  const auto read = [&]() -> Result<RowSet> {
    if (vector.storage == 'i') return parse_inline(vector);
    TRY_ASSIGN(const std::string path, vector_file(vector, table.folder));
    return read_framed(vector, path, files);
  };
  Result<RowSet> rows = read();
  if (!rows) return fail(in_table(rows.error(), table, file));
  known_.emplace(vector.unique_id(), *rows);
  return rows;
}

}  // namespace sluice::delta
