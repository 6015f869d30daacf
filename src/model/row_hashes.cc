#include "model/row_hashes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "model/canonical.h"
#include "model/digest.h"

namespace sluice {
namespace {

// A short text is copied whole, behind its end: so each row has that much room left over.
constexpr std::size_t kSlackBytes = 16;
constexpr std::size_t kBufferBytes = std::size_t{256} << 10;  // about what the cache holds
constexpr std::size_t kRowsAtOnce = 512;
constexpr std::size_t kTextHeadBytes = 5;  // tag and u32 length

struct Rows {
  std::size_t begin;
  std::size_t end;
};

template <typename T>
char* store(char* at, T value) {
  std::memcpy(at, &value, sizeof(T));
  return at + sizeof(T);
}

// Types whose cells are written in place: the most bytes that one takes, texts without their own.
// 0: the others, which go by append_canonical().
std::size_t bytes_bound(const ColumnView& column) {
  static constexpr std::size_t kInt64Bytes = 12;
  static constexpr std::size_t kInt128Bytes = 20;
  switch (column.type->kind) {
    case TypeKind::kBoolean:
      return 2;
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kUInt8:
    case TypeKind::kUInt16:
    case TypeKind::kUInt32:
      return kInt64Bytes;
    case TypeKind::kInt128:
    case TypeKind::kUInt64:
    case TypeKind::kDecimal:
      return kInt128Bytes;
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return 1 + sizeof(double);
    case TypeKind::kDate:
      return 1 + sizeof(std::int32_t);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return 1 + sizeof(std::int64_t) + sizeof(std::uint32_t);
    case TypeKind::kText:
    case TypeKind::kJson:
    case TypeKind::kBlob:
    case TypeKind::kEnum:
      return kTextHeadBytes;
    default:
      return 0;
  }
}

bool has_text(TypeKind kind) {
  return kind == TypeKind::kText || kind == TypeKind::kJson || kind == TypeKind::kBlob ||
         kind == TypeKind::kEnum;
}

char* put_number(char* at, std::int64_t coefficient, int scale) {
  at = store(at, static_cast<std::uint32_t>(kTagNumber) | static_cast<std::uint32_t>(scale) << 8 |
                     std::uint32_t{sizeof(coefficient)} << 24);
  return store(at, coefficient);
}

char* put_wide_number(char* at, __int128 coefficient, int scale) {
  const auto narrow = static_cast<std::int64_t>(coefficient);
  if (narrow == coefficient) return put_number(at, narrow, scale);
  at = store(at, static_cast<std::uint32_t>(kTagNumber) | static_cast<std::uint32_t>(scale) << 8 |
                     std::uint32_t{sizeof(coefficient)} << 24);
  return store(at, coefficient);
}

char* put_decimal(char* at, std::int64_t unscaled, int scale) {
  while (scale > 0 && unscaled % 10 == 0) {
    unscaled /= 10;
    --scale;
  }
  return put_number(at, unscaled, scale);
}

char* put_wide_decimal(char* at, __int128 unscaled, int scale) {
  // A division of 64 bits costs a fraction of one of 128.
  const auto narrow = static_cast<std::int64_t>(unscaled);
  if (narrow == unscaled) return put_decimal(at, narrow, scale);
  while (scale > 0 && unscaled % 10 == 0) {
    unscaled /= 10;
    --scale;
  }
  return put_wide_number(at, unscaled, scale);
}

char* put_float(char* at, double value) {
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  *at = kTagFloat;
  return store(at + 1, std::bit_cast<std::uint64_t>(value));
}

char* put_micros(char* at, CanonicalTag tag, std::int64_t micros) {
  static constexpr std::int64_t kPerSecond = 1'000'000;
  *at++ = tag;
  if (micros == kTimestampInfinity || micros == kTimestampNegativeInfinity) {
    return store(store(at, micros), std::uint32_t{0});
  }
  std::int64_t seconds = micros / kPerSecond;
  std::int64_t rest = micros % kPerSecond;
  if (rest < 0) {
    rest += kPerSecond;
    --seconds;
  }
  return store(store(at, seconds), static_cast<std::uint32_t>(rest * 1000));
}

char* put_text(char* at, CanonicalTag tag, const TextCell& cell) {
  *at = tag;
  at = store(at + 1, cell.length);
  if (cell.length <= sizeof(cell.bytes)) {
    std::memcpy(at, cell.bytes, sizeof(cell.bytes));
  } else {
    std::memcpy(at, cell.view().data(), cell.length);
  }
  return at + cell.length;
}

char* put_label(char* at, std::string_view label) {
  *at = kTagText;
  at = store(at + 1, static_cast<std::uint32_t>(label.size()));
  std::memcpy(at, label.data(), label.size());
  return at + label.size();
}

// Moves each row's cursor behind `put(at, row)`, or a NULL.
template <typename Put>
void each_row(const ColumnView& column, Rows rows, char** cursors, Put put) {
  if (column.validity == nullptr) {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      cursors[row] = put(cursors[row], row);
    }
    return;
  }
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    if (column.is_null(row)) {
      *cursors[row]++ = kTagNull;
    } else {
      cursors[row] = put(cursors[row], row);
    }
  }
}

template <typename T>
void integers(const ColumnView& column, Rows rows, char** cursors) {
  const T* const values = static_cast<const T*>(column.data);
  each_row(column, rows, cursors,
           [=](char* at, std::size_t row) { return put_number(at, values[row], 0); });
}

template <typename T>
void decimals(const ColumnView& column, Rows rows, char** cursors) {
  const T* const values = static_cast<const T*>(column.data);
  each_row(column, rows, cursors, [=, scale = column.type->scale](char* at, std::size_t row) {
    return put_decimal(at, values[row], scale);
  });
}

void any_decimals(const ColumnView& column, Rows rows, char** cursors) {
  const int precision = column.type->precision;
  if (precision <= 4) return decimals<std::int16_t>(column, rows, cursors);
  if (precision <= 9) return decimals<std::int32_t>(column, rows, cursors);
  if (precision <= 18) return decimals<std::int64_t>(column, rows, cursors);
  each_row(column, rows, cursors, [&](char* at, std::size_t row) {
    return put_wide_decimal(at, column.at<Int128Cell>(row).value(), column.type->scale);
  });
}

void texts(const ColumnView& column, Rows rows, char** cursors, CanonicalTag tag) {
  const auto* const cells = static_cast<const TextCell*>(column.data);
  each_row(column, rows, cursors,
           [=](char* at, std::size_t row) { return put_text(at, tag, cells[row]); });
}

void timestamps(const ColumnView& column, Rows rows, char** cursors, CanonicalTag tag) {
  const auto* const values = static_cast<const std::int64_t*>(column.data);
  each_row(column, rows, cursors,
           [=](char* at, std::size_t row) { return put_micros(at, tag, values[row]); });
}

// Requires: has_text(column's kind).
void add_lengths(const ColumnView& column, Rows rows, std::size_t* sizes) {
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    if (column.is_null(row)) continue;
    sizes[row - rows.begin] += column.type->kind == TypeKind::kEnum
                                   ? enum_label(column, row).size()
                                   : column.at<TextCell>(row).length;
  }
}

// Requires: bytes_bound(column) > 0.
void write_in_place(const ColumnView& column, Rows rows, char** cursors) {
  switch (column.type->kind) {
    case TypeKind::kBoolean:
      return each_row(column, rows, cursors, [&](char* at, std::size_t row) {
        at[0] = kTagBoolean;
        at[1] = column.at<std::uint8_t>(row) != 0 ? 1 : 0;
        return at + 2;
      });
    case TypeKind::kInt8:
      return integers<std::int8_t>(column, rows, cursors);
    case TypeKind::kInt16:
      return integers<std::int16_t>(column, rows, cursors);
    case TypeKind::kInt32:
      return integers<std::int32_t>(column, rows, cursors);
    case TypeKind::kInt64:
      return integers<std::int64_t>(column, rows, cursors);
    case TypeKind::kUInt8:
      return integers<std::uint8_t>(column, rows, cursors);
    case TypeKind::kUInt16:
      return integers<std::uint16_t>(column, rows, cursors);
    case TypeKind::kUInt32:
      return integers<std::uint32_t>(column, rows, cursors);
    case TypeKind::kUInt64:
      return each_row(column, rows, cursors, [&](char* at, std::size_t row) {
        return put_wide_number(at, column.at<std::uint64_t>(row), 0);
      });
    case TypeKind::kInt128:
      return each_row(column, rows, cursors, [&](char* at, std::size_t row) {
        return put_wide_number(at, column.at<Int128Cell>(row).value(), 0);
      });
    case TypeKind::kDecimal:
      return any_decimals(column, rows, cursors);
    case TypeKind::kFloat32:
      return each_row(column, rows, cursors, [&](char* at, std::size_t row) {
        return put_float(at, column.at<float>(row));
      });
    case TypeKind::kFloat64:
      return each_row(column, rows, cursors, [&](char* at, std::size_t row) {
        return put_float(at, column.at<double>(row));
      });
    case TypeKind::kDate:
      return each_row(column, rows, cursors, [&](char* at, std::size_t row) {
        *at = kTagDate;
        return store(at + 1, column.at<std::int32_t>(row));
      });
    case TypeKind::kTimestamp:
      return timestamps(column, rows, cursors, kTagTimestamp);
    case TypeKind::kTimestampTz:
      return timestamps(column, rows, cursors, kTagTimestampTz);
    case TypeKind::kBlob:
      return texts(column, rows, cursors, kTagBlob);
    case TypeKind::kEnum:
      return each_row(column, rows, cursors, [&](char* at, std::size_t row) {
        return put_label(at, enum_label(column, row));
      });
    default:  // kText, kJson
      return texts(column, rows, cursors, kTagText);
  }
}

}  // namespace

// Gives each row a place of its own that is large enough, and the cells of other types their bytes.
// Returns: the end of the rows that fit into one buffer, at least one.
std::size_t RowHashes::lay_out(const Batch& batch, std::size_t begin) {
  const Rows rows{begin, std::min(batch.rows, begin + kRowsAtOnce)};
  std::size_t fixed = kSlackBytes;
  for (const ColumnView& column : batch.columns) fixed += bytes_bound(column);
  sizes_.assign(rows.end - rows.begin, fixed);
  for (std::size_t c = 0; c < batch.columns.size(); ++c) {
    const ColumnView& column = batch.columns[c];
    if (bytes_bound(column) == 0) {
      add_cells(column, rows.begin, rows.end, cells_[c]);
    } else if (has_text(column.type->kind)) {
      add_lengths(column, rows, sizes_.data());
    }
  }
  std::size_t total = 0;
  std::size_t row = begin;
  for (; row < rows.end && (row == begin || total < kBufferBytes); ++row) {
    starts_[row] = total;
    total += sizes_[row - begin];
  }
  if (buffer_.size() < total) buffer_.resize(total);
  for (std::size_t i = begin; i < row; ++i) cursors_[i] = buffer_.data() + starts_[i];
  return row;
}

void RowHashes::add_cells(const ColumnView& column, std::size_t begin, std::size_t end,
                          Cells& cells) {
  cells.bytes.clear();
  cells.ends.clear();
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t before = cells.bytes.size();
    append_canonical(column, row, cells.bytes);
    cells.ends.push_back(cells.bytes.size());
    sizes_[row - begin] += cells.bytes.size() - before;
  }
}

void RowHashes::write(const ColumnView& column, const Cells& cells, std::size_t begin,
                      std::size_t end) {
  if (bytes_bound(column) > 0) return write_in_place(column, {begin, end}, cursors_.data());
  std::size_t offset = 0;
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t cell_end = cells.ends[row - begin];
    std::memcpy(cursors_[row], cells.bytes.data() + offset, cell_end - offset);
    cursors_[row] += cell_end - offset;
    offset = cell_end;
  }
}

const std::vector<unsigned __int128>& RowHashes::of(const Batch& batch) {
  cells_.resize(batch.columns.size());
  starts_.resize(batch.rows);
  cursors_.resize(batch.rows);
  hashes_.resize(batch.rows);
  for (std::size_t begin = 0; begin < batch.rows;) {
    const std::size_t end = lay_out(batch, begin);
    for (std::size_t c = 0; c < batch.columns.size(); ++c) {
      write(batch.columns[c], cells_[c], begin, end);
    }
    for (std::size_t row = begin; row < end; ++row) {
      const char* const bytes = buffer_.data() + starts_[row];
      const XXH128_hash_t hash =
          XXH3_128bits(bytes, static_cast<std::size_t>(cursors_[row] - bytes));
      hashes_[row] = (static_cast<unsigned __int128>(hash.high64) << 64) | hash.low64;
    }
    begin = end;
  }
  return hashes_;
}

}  // namespace sluice
