#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "model/digest.h"
#include "model/number_text.h"
#include "model/temporal_text.h"
#include "model/wide_types.h"

namespace sluice {
namespace {

bool is_text(TypeKind kind) {
  return kind == TypeKind::kText || kind == TypeKind::kJson || kind == TypeKind::kEnum ||
         kind == TypeKind::kNumeric;
}

// Inside another value a text is quoted where it could be taken for something else.
std::string quoted_item(const std::string& text) {
  static constexpr std::string_view kSpecial = "'\"\\,:=[]{}()";
  const bool plain = !text.empty() && to_lower(text) != "null" && trim(text) == text &&
                     text.find_first_of(kSpecial) == std::string::npos;
  if (plain) return text;
  return "'" + replace_all(replace_all(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string item_text(const ColumnView& column, std::size_t row) {
  const std::optional<std::string> text = display_value(column, row);
  if (!text) return "NULL";
  return is_text(column.type->kind) ? quoted_item(*text) : *text;
}

template <typename T>
std::string float_text(T value) {
  return std::isnan(value) ? "nan" : fmt::format("{}", value);
}

std::string items_text(const ColumnView& child, std::uint64_t offset, std::uint64_t length) {
  std::vector<std::string> items;
  for (std::uint64_t i = 0; i < length; ++i) items.push_back(item_text(child, offset + i));
  return "[" + join(items, ", ") + "]";
}

std::string nested_text(const ColumnView& column, std::size_t row) {
  switch (column.type->kind) {
    case TypeKind::kList: {
      const auto cell = column.at<ListCell>(row);
      return items_text(column.children[0], cell.offset, cell.length);
    }
    case TypeKind::kArray: {
      const std::uint64_t size = column.type->array_size;
      return items_text(column.children[0], row * size, size);
    }
    case TypeKind::kMap: {
      const auto cell = column.at<ListCell>(row);
      std::vector<std::string> items;
      for (std::uint64_t i = cell.offset; i < cell.offset + cell.length; ++i) {
        items.push_back(item_text(column.children[0], i) + "=" + item_text(column.children[1], i));
      }
      return "{" + join(items, ", ") + "}";
    }
    case TypeKind::kStruct: {
      std::vector<std::string> items;
      for (std::size_t i = 0; i < column.children.size(); ++i) {
        items.push_back("'" + replace_all(column.type->labels[i], "'", "\\'") +
                        "': " + item_text(column.children[i], row));
      }
      return "{" + join(items, ", ") + "}";
    }
    default: {  // kUnion
      const auto tag = column.children[0].at<std::uint8_t>(row);
      return column.type->labels[tag] + ": " + item_text(column.children[tag + 1U], row);
    }
  }
}

std::string integer_text(const ColumnView& column, std::size_t row) {
  switch (column.type->kind) {
    case TypeKind::kInt8:
      return std::to_string(column.at<std::int8_t>(row));
    case TypeKind::kInt16:
      return std::to_string(column.at<std::int16_t>(row));
    case TypeKind::kInt32:
      return std::to_string(column.at<std::int32_t>(row));
    case TypeKind::kInt64:
      return std::to_string(column.at<std::int64_t>(row));
    case TypeKind::kInt128:
      return int128_text(column.at<Int128Cell>(row).value());
    case TypeKind::kUInt8:
      return std::to_string(column.at<std::uint8_t>(row));
    case TypeKind::kUInt16:
      return std::to_string(column.at<std::uint16_t>(row));
    case TypeKind::kUInt32:
      return std::to_string(column.at<std::uint32_t>(row));
    case TypeKind::kUInt64:
      return std::to_string(column.at<std::uint64_t>(row));
    default:
      return uint128_text(column.at<Int128Cell>(row).unsigned_value());
  }
}

std::string temporal_value_text(const ColumnView& column, std::size_t row) {
  switch (column.type->kind) {
    case TypeKind::kDate:
      return date_text(column.at<std::int32_t>(row));
    case TypeKind::kTime:
      return time_text(column.at<std::int64_t>(row) * 1000);
    case TypeKind::kTimeNs:
      return time_text(column.at<std::int64_t>(row));
    case TypeKind::kTimeTz:
      return timetz_text(column.at<std::int64_t>(row));
    case TypeKind::kTimestampS:
      return timestamp_text(column.at<std::int64_t>(row), 1);
    case TypeKind::kTimestampMs:
      return timestamp_text(column.at<std::int64_t>(row), 1000);
    case TypeKind::kTimestamp:
      return timestamp_text(column.at<std::int64_t>(row), 1'000'000);
    case TypeKind::kTimestampNs:
      return timestamp_text(column.at<std::int64_t>(row), 1'000'000'000);
    case TypeKind::kTimestampTz:
      return timestamptz_text(column.at<std::int64_t>(row));
    default:
      return interval_text(column.at<IntervalCell>(row));
  }
}

std::string uuid_text(const Int128Cell& cell) {
  const auto bytes = uuid_bytes(cell);
  std::string digits = hex(bytes.data(), bytes.size());
  for (const std::size_t at : {20U, 16U, 12U, 8U}) digits.insert(at, 1, '-');
  return digits;
}

}  // namespace

std::optional<std::string> display_value(const ColumnView& column, std::size_t row) {
  if (column.is_null(row)) return std::nullopt;
  const TypeKind kind = column.type->kind;
  if (is_integer(kind)) return integer_text(column, row);
  if (is_nested(kind)) return nested_text(column, row);
  switch (kind) {
    case TypeKind::kBoolean:
      return column.at<std::uint8_t>(row) != 0 ? "true" : "false";
    case TypeKind::kFloat32:
      return float_text(column.at<float>(row));
    case TypeKind::kFloat64:
      return float_text(column.at<double>(row));
    case TypeKind::kDecimal:
      return decimal_text(decimal_cell(column, row), column.type->scale);
    case TypeKind::kBigInt:
      return bignum_text(column.at<TextCell>(row).view());
    case TypeKind::kNumeric:
    case TypeKind::kText:
    case TypeKind::kJson:
      return std::string(column.at<TextCell>(row).view());
    case TypeKind::kEnum:
      return std::string(enum_label(column, row));
    case TypeKind::kBit:
      return bit_text(column.at<TextCell>(row).view());
    case TypeKind::kOther:
      return "?" + column.type->native_name;
    case TypeKind::kBlob:
    case TypeKind::kGeometry: {
      const std::string_view bytes = column.at<TextCell>(row).view();
      return "\\x" + hex(bytes.data(), bytes.size());
    }
    case TypeKind::kUuid:
      return uuid_text(column.at<Int128Cell>(row));
    default:
      return temporal_value_text(column, row);
  }
}

}  // namespace sluice
