#include "endpoint/postgres/binary_write.h"

#include <fmt/format.h>

#include "endpoint/postgres/big_endian.h"
#include "model/digest.h"

namespace sluice::postgres {
namespace {

constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::size_t kCountBytes = 2;  // before each row: its number of columns

}  // namespace

BinaryEncoder::BinaryEncoder(const std::string& table, const std::vector<TargetColumn>& columns)
    : table_(table) {
  for (const TargetColumn& column : columns) {
    columns_.push_back({column.name, CellWriter(column), {}, {}});
  }
}

void BinaryEncoder::begin() { out_.append(kHeader); }

void BinaryEncoder::end() {
  store_big<std::int16_t>(out_.reserve(kCountBytes), -1);
  out_.advance(kCountBytes);
}

Error BinaryEncoder::cannot_hold(const Encoded& column, const ColumnView& values,
                                 std::size_t row) const {
  return Error(ErrorKind::kWouldLoseData,
               fmt::format("column \"{}\" of {}: PostgreSQL cannot hold {} of type {}", column.name,
                           table_, display_value(values, row).value_or("NULL"),
                           to_string(column.writer.type())))
      .about(table_ + "." + column.name);
}

std::size_t BinaryEncoder::write_cells(Encoded& column, const ColumnView& values, std::size_t first,
                                       std::size_t rows) {
  column.cells.clear();
  column.ends.clear();
  for (std::size_t i = 0; i < rows; ++i) {
    if (!column.writer.put(values, first + i, column.cells)) return i;
    column.ends.push_back(column.cells.size());
  }
  return rows;
}

Status BinaryEncoder::measure(const Batch& batch, std::size_t first, std::size_t rows) {
  sizes_.assign(rows, kCountBytes);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Encoded& column = columns_[c];
    if (const ColumnLayout& layout = column.writer.layout()) {
      layout.measure(batch.columns[c], first, rows, sizes_.data());
      continue;
    }
    const std::size_t written = write_cells(column, batch.columns[c], first, rows);
    if (written < rows) return fail(cannot_hold(column, batch.columns[c], first + written));
    std::size_t before = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      sizes_[i] += column.ends[i] - before;
      before = column.ends[i];
    }
  }
  return {};
}

Status BinaryEncoder::place(const Batch& batch, std::size_t first, std::size_t rows) {
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Encoded& column = columns_[c];
    if (const ColumnLayout& layout = column.writer.layout()) {
      const std::size_t placed = layout.place(batch.columns[c], first, rows, cursors_.data());
      if (placed < rows) return fail(cannot_hold(column, batch.columns[c], first + placed));
      continue;
    }
    std::size_t at = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t size = column.ends[i] - at;
      std::memcpy(cursors_[i], column.cells.at(at), size);
      cursors_[i] += size;
      at = column.ends[i];
    }
  }
  return {};
}

Status BinaryEncoder::add_rows(const Batch& batch, std::size_t first, std::size_t rows) {
  TRY(measure(batch, first, rows));
  std::size_t all = 0;
  for (const std::size_t size : sizes_) all += size;
  char* at = out_.reserve(all);
  cursors_.clear();
  for (const std::size_t size : sizes_) {
    store_big(at, static_cast<std::int16_t>(columns_.size()));
    cursors_.push_back(at + kCountBytes);
    at += size;
  }
  TRY(place(batch, first, rows));
  out_.advance(all);
  return {};
}

}  // namespace sluice::postgres
