#include "endpoint/row_positions.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice {
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

}  // namespace

std::shared_ptr<TableSource> positions_source(std::vector<std::pair<std::int64_t, RowSet>> sets) {
  return std::make_shared<PositionSource>(std::move(sets));
}

std::string without_positions(const std::string& relation) {
  if (relation.empty()) return "";
  return fmt::format(
      " ANTI JOIN {} AS d ON d.file = CAST(f.file_index AS BIGINT) AND d.pos = f.file_row_number",
      relation);
}

}  // namespace sluice
