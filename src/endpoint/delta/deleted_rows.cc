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

Result<RowSet> DeletedRows::of(const TableState& table, const AddFile& file) {
  const DeletionVectorDescriptor& vector = *file.deletion_vector;
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(vector.unique_id());
  if (known != known_.end()) return known->second;
  const auto read = [&]() -> Result<RowSet> {
    if (vector.storage == 'i') return parse_inline(vector);
    TRY_ASSIGN(const std::string path, vector_file(vector, table.folder));
    if (path != file_) {
      TRY_ASSIGN(bytes_, read_file(path));
      file_ = path;
    }
    if (bytes_.empty() || bytes_.front() != kVectorFileVersion) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("{} is a file of deletion vectors of version {}, not {}", path,
                              bytes_.empty() ? -1 : bytes_.front(), int{kVectorFileVersion}));
    }
    const auto offset =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, vector.offset.value_or(0)));
    if (vector.bytes < 0 || offset > bytes_.size()) {
      return fail(ErrorKind::kCorrupt,
                  fmt::format("{} has {} bytes, a deletion vector begins at {}", path,
                              bytes_.size(), offset));
    }
    return parse_framed(vector, std::string_view(bytes_).substr(offset));
  };
  Result<RowSet> rows = read();
  if (!rows) return fail(in_table(rows.error(), table, file));
  known_.emplace(vector.unique_id(), *rows);
  return rows;
}

}  // namespace sluice::delta
