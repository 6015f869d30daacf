// A batch: up to 2048 rows of columns, a view of the engine's data chunk that knows nothing of the
// engine. Layouts are those of DuckDB's C API (duckdb.h, "Data Chunk Interface", "Vector
// Interface"): fixed-size values in an array, validity as a bit mask of 64-bit words (null: all
// valid), text as 16-byte TextCell, lists as ListCell into the child.
//
// Element types of `data` by TypeKind:
//   kBoolean bool; kInt8..kUInt64 the C types; kInt128, kUInt128, kUuid 16-byte Int128Cell (the
//   engine flips a UUID's top bit); kFloat32/64; kDecimal by precision: <=4 int16, <=9 int32,
//   <=18 int64, else Int128Cell; kNumeric, kText, kBlob, kJson, kBit, kBigInt, kGeometry TextCell;
//   kDate int32; kTime, kTimeNs, kTimeTz, kTimestamp* int64; kInterval IntervalCell; kEnum uint8/
//   16/32 by number of labels (<=255, <=65535, more); kList, kMap ListCell; kStruct, kUnion,
//   kArray: only children (kUnion's first child is the tag, uint8).
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "model/type.h"

namespace sluice {

inline constexpr std::size_t kBatchRowsMax = 2048;

struct alignas(8) TextCell {
  std::uint32_t length;
  char bytes[12];  // the text where length <= 12, else a 4-byte prefix and a pointer

  std::string_view view() const {
    if (length <= sizeof(bytes)) return {bytes, length};
    const char* data = nullptr;
    std::memcpy(&data, bytes + 4, sizeof(data));
    return {data, length};
  }
};
static_assert(sizeof(TextCell) == 16);

struct Int128Cell {
  std::uint64_t lower;
  std::int64_t upper;
  __int128 value() const {
    return (static_cast<__int128>(upper) << 64) | static_cast<__int128>(lower);
  }
  unsigned __int128 unsigned_value() const {
    return (static_cast<unsigned __int128>(static_cast<std::uint64_t>(upper)) << 64) | lower;
  }
};

struct IntervalCell {
  std::int32_t months;
  std::int32_t days;
  std::int64_t micros;
};

struct ListCell {
  std::uint64_t offset;
  std::uint64_t length;
};

struct ColumnView {
  const Type* type = nullptr;
  const void* data = nullptr;
  const std::uint64_t* validity = nullptr;
  std::vector<ColumnView> children;  // list, array: 1; map: one struct-less key and value pair (2)

  bool is_null(std::size_t row) const {
    return validity != nullptr && ((validity[row / 64] >> (row % 64)) & 1) == 0;
  }
  template <typename T>
  const T& at(std::size_t row) const {
    return static_cast<const T*>(data)[row];
  }
};

// Gives a view the types of a plan, children included, where the engine only knows the carrier
// (text for kNumeric). Requires: both types have the same carriers; `type` outlives the view.
inline void retype(ColumnView& column, const Type& type) {
  column.type = &type;
  const std::size_t tags = type.kind == TypeKind::kUnion ? 1 : 0;  // the tag has no type of ours
  for (std::size_t i = 0; i < type.children.size() && i + tags < column.children.size(); ++i) {
    retype(column.children[i + tags], type.children[i]);
  }
}

struct Batch {
  std::size_t rows = 0;
  std::vector<ColumnView> columns;
};

// Sentinels of the engine for dates and timestamps (kTimestampS/Ms/Ns use the int64 ones too).
inline constexpr std::int32_t kDateInfinity = 2147483647;
inline constexpr std::int32_t kDateNegativeInfinity = -2147483647;
inline constexpr std::int64_t kTimestampInfinity = 9223372036854775807;
inline constexpr std::int64_t kTimestampNegativeInfinity = -9223372036854775807;

// kTimeTz packs microseconds in the upper 40 bits and (57599 - offset seconds) in the lower 24.
inline std::int64_t timetz_micros(std::int64_t bits) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(bits) >> 24);
}
inline std::int32_t timetz_offset_seconds(std::int64_t bits) {
  return 57599 - static_cast<std::int32_t>(bits & 0xFFFFFF);
}
inline std::int64_t make_timetz(std::int64_t micros, std::int32_t offset_seconds) {
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(micros) << 24) |
                                   static_cast<std::uint64_t>(57599 - offset_seconds));
}

// A DECIMAL cell of any width as a 128-bit integer.
inline __int128 decimal_cell(const ColumnView& column, std::size_t row) {
  const int precision = column.type->precision;
  if (precision <= 4) return column.at<std::int16_t>(row);
  if (precision <= 9) return column.at<std::int32_t>(row);
  if (precision <= 18) return column.at<std::int64_t>(row);
  return column.at<Int128Cell>(row).value();
}

// The label of an enum cell.
inline std::string_view enum_label(const ColumnView& column, std::size_t row) {
  const std::size_t labels = column.type->labels.size();
  const std::size_t index = labels <= 255     ? column.at<std::uint8_t>(row)
                            : labels <= 65535 ? column.at<std::uint16_t>(row)
                                              : column.at<std::uint32_t>(row);
  return column.type->labels[index];
}

}  // namespace sluice
