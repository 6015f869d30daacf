#include "model/batch_bytes.h"

namespace sluice {
namespace {

std::uint64_t decimal_width(int precision) {
  if (precision <= 4) return 2;
  if (precision <= 9) return 4;
  return precision <= 18 ? 8 : 16;
}

// Bytes of a plain value; 0 for those whose values have lengths of their own.
std::uint64_t width_of(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
    case TypeKind::kInt8:
    case TypeKind::kUInt8:
    case TypeKind::kEnum:
      return 1;
    case TypeKind::kInt16:
    case TypeKind::kUInt16:
      return 2;
    case TypeKind::kInt32:
    case TypeKind::kUInt32:
    case TypeKind::kFloat32:
    case TypeKind::kDate:
      return 4;
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
    case TypeKind::kInterval:
    case TypeKind::kUuid:
      return 16;
    case TypeKind::kDecimal:
      return decimal_width(type.precision);
    case TypeKind::kNumeric:
    case TypeKind::kBigInt:
    case TypeKind::kText:
    case TypeKind::kBlob:
    case TypeKind::kBit:
    case TypeKind::kJson:
    case TypeKind::kGeometry:
    case TypeKind::kOther:
      return 0;
    default:
      return 8;
  }
}

// Of `count` cells from `begin` on.
std::uint64_t bytes_of(const ColumnView& column, std::uint64_t begin, std::uint64_t count) {
  std::uint64_t sum = 0;
  switch (column.type->kind) {
    case TypeKind::kArray:
      return bytes_of(column.children.at(0), begin * column.type->array_size,
                      count * column.type->array_size);
    case TypeKind::kStruct:
    case TypeKind::kUnion:
      for (const ColumnView& child : column.children) {
        if (child.type != nullptr) sum += bytes_of(child, begin, count);
      }
      return sum;
    case TypeKind::kList:
    case TypeKind::kMap:
      for (std::uint64_t row = begin; row < begin + count; ++row) {
        if (column.is_null(row)) continue;
        const auto& cell = column.at<ListCell>(row);
        for (const ColumnView& child : column.children) {
          sum += bytes_of(child, cell.offset, cell.length);
        }
      }
      return sum;
    default:
      break;
  }
  if (const std::uint64_t width = width_of(*column.type); width > 0) return count * width;
  for (std::uint64_t row = begin; row < begin + count; ++row) {
    if (!column.is_null(row)) sum += column.at<TextCell>(row).length;
  }
  return sum;
}

}  // namespace

bool has_own_length(const Type& type) {
  return type.kind == TypeKind::kList || type.kind == TypeKind::kMap || width_of(type) == 0;
}

std::uint64_t value_bytes(const Batch& batch) {
  std::uint64_t sum = 0;
  for (const ColumnView& column : batch.columns) sum += bytes_of(column, 0, batch.rows);
  return sum;
}

}  // namespace sluice
