// Rows that go into one table at once, in little memory: numbers, and texts one behind the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

class BulkRows {
 public:
  enum class Kind : std::uint8_t { kNull, kNumber, kText };
  struct Cell {
    Kind kind = Kind::kNull;
    std::int64_t number = 0;  // of a text: where it begins
    std::size_t bytes = 0;
  };

  BulkRows(std::string table, std::vector<std::string> columns)
      : table_(std::move(table)), columns_(std::move(columns)) {}

  // Cells of a row from left to right, row by row.
  void add_null() { cells_.emplace_back(); }
  void add(std::int64_t number) { cells_.push_back({Kind::kNumber, number, 0}); }
  void add(std::string_view text) {
    cells_.push_back({Kind::kText, static_cast<std::int64_t>(texts_.size()), text.size()});
    texts_ += text;
  }
  void add(const std::string& text) { add(std::string_view(text)); }
  void add(const char* text) { add(std::string_view(text)); }
  void add(std::optional<std::int64_t> number) { number ? add(*number) : add_null(); }
  // A text that is not there when it is empty.
  void add_text_or_null(std::string_view text) { text.empty() ? add_null() : add(text); }

  const std::string& table() const { return table_; }
  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t rows() const { return cells_.size() / columns_.size(); }
  const Cell& cell(std::size_t row, std::size_t column) const {
    return cells_[row * columns_.size() + column];
  }
  std::string_view text(const Cell& cell) const {
    return std::string_view(texts_).substr(static_cast<std::size_t>(cell.number), cell.bytes);
  }
  void clear() {
    cells_.clear();
    texts_.clear();
  }

 private:
  std::string table_;
  std::vector<std::string> columns_;
  std::vector<Cell> cells_;
  std::string texts_;
};

}  // namespace sluice
