#include "model/zero_signs.h"

#include <cstddef>

namespace sluice {
namespace {

constexpr std::uint8_t kPositive = 1;
constexpr std::uint8_t kNegative = 2;

template <typename Bits>
std::uint8_t signs_of_bits(const ColumnView& column, std::uint64_t begin, std::uint64_t count) {
  constexpr Bits kMinusZero = Bits{1} << (8 * sizeof(Bits) - 1);
  const auto* const values = static_cast<const Bits*>(column.data);
  bool positive = false;
  bool negative = false;
  for (std::uint64_t row = begin; row < begin + count; ++row) {
    const bool counts = column.validity == nullptr || !column.is_null(row);
    positive |= counts && values[row] == 0;
    negative |= counts && values[row] == kMinusZero;
  }
  return static_cast<std::uint8_t>((positive ? kPositive : 0) | (negative ? kNegative : 0));
}

// Of `count` cells from `begin` on.
std::uint8_t signs_of(const ColumnView& column, std::uint64_t begin, std::uint64_t count) {
  std::uint8_t out = 0;
  switch (column.type->kind) {
    case TypeKind::kFloat32:
      return signs_of_bits<std::uint32_t>(column, begin, count);
    case TypeKind::kFloat64:
      return signs_of_bits<std::uint64_t>(column, begin, count);
    case TypeKind::kArray:
      return signs_of(column.children.at(0), begin * column.type->array_size,
                      count * column.type->array_size);
    case TypeKind::kStruct:
    case TypeKind::kUnion:
      for (const ColumnView& child : column.children) {
        if (child.type != nullptr) out |= signs_of(child, begin, count);
      }
      return out;
    case TypeKind::kList:
    case TypeKind::kMap:
      for (std::uint64_t row = begin; row < begin + count; ++row) {
        if (column.is_null(row)) continue;
        const auto& cell = column.at<ListCell>(row);
        for (const ColumnView& child : column.children) {
          out |= signs_of(child, cell.offset, cell.length);
        }
      }
      return out;
    default:
      return 0;
  }
}

}  // namespace

void ZeroSigns::add(const Batch& batch) {
  by_column_.resize(batch.columns.size());
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    by_column_[i] |= signs_of(batch.columns[i], 0, batch.rows);
  }
}

void ZeroSigns::add(const ZeroSigns& other) {
  if (by_column_.size() < other.by_column_.size()) by_column_.resize(other.by_column_.size());
  for (std::size_t i = 0; i < other.by_column_.size(); ++i) by_column_[i] |= other.by_column_[i];
}

bool ZeroSigns::has_both() const {
  for (const std::uint8_t signs : by_column_) {
    if (signs == (kPositive | kNegative)) return true;
  }
  return false;
}

}  // namespace sluice
