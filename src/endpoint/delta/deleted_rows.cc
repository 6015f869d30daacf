#include "endpoint/delta/deleted_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"

namespace sluice::delta {
namespace {

class PositionReader final : public PartitionReader {
 public:
  PositionReader(const std::vector<std::pair<std::int64_t, RowSet>>& sets,
                 std::vector<std::size_t> projection)
      : sets_(sets), projection_(std::move(projection)) {}

  Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) override {
    while (next_ == rows_.size() && set_ < sets_.size()) {
      rows_ = sets_[set_++].second.rows();
      next_ = 0;
    }
    const std::size_t count = std::min(rows_max, rows_.size() - next_);
    for (std::size_t c = 0; c < projection_.size(); ++c) {
      auto* const data = columns[c].data<std::int64_t>();
      for (std::size_t i = 0; i < count; ++i) {
        data[i] = projection_[c] == 0 ? sets_[set_ - 1].first
                                      : static_cast<std::int64_t>(rows_[next_ + i]);
      }
    }
    next_ += count;
    return count;
  }

 private:
  const std::vector<std::pair<std::int64_t, RowSet>>& sets_;
  std::vector<std::size_t> projection_;
  std::size_t set_ = 0;  // the next one
  std::vector<std::uint64_t> rows_;
  std::size_t next_ = 0;
};

class PositionSource final : public TableSource {
 public:
  explicit PositionSource(std::vector<std::pair<std::int64_t, RowSet>> sets)
      : sets_(std::move(sets)) {}

  const std::vector<SourceColumn>& columns() const override {
    static const std::vector<SourceColumn> kColumns = {{"file", simple_type(TypeKind::kInt64)},
                                                       {"pos", simple_type(TypeKind::kInt64)}};
    return kColumns;
  }
  std::uint64_t rows_estimate() const override {
    std::uint64_t sum = 0;
    for (const auto& [file, rows] : sets_) sum += rows.cardinality();
    return sum;
  }
  Result<std::unique_ptr<PartitionReader>> open(
      std::size_t, const std::vector<std::size_t>& projection) override {
    return std::make_unique<PositionReader>(sets_, projection);
  }

 private:
  std::vector<std::pair<std::int64_t, RowSet>> sets_;
};

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

std::shared_ptr<TableSource> deleted_source(std::vector<std::pair<std::int64_t, RowSet>> sets) {
  return std::make_shared<PositionSource>(std::move(sets));
}

}  // namespace sluice::delta
