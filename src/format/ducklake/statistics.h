// Bounds of columns as the catalog keeps them: text, whose order is that of the column's type and
// not that of its letters (specification, "ducklake_file_column_stats").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "format/ducklake/catalog_rows.h"
#include "model/type.h"

namespace sluice::ducklake {

struct ColumnStats {
  std::uint64_t bytes = 0;   // compressed
  std::uint64_t values = 0;  // those that are not NULL; 0 beside `nulls` 0: not known
  std::uint64_t nulls = 0;
  std::optional<std::string> min;  // nothing: not known, or no value at all
  std::optional<std::string> max;
  std::optional<bool> has_nan;  // NaN lies outside the bounds; nothing: not known
};

// By column number; columns with parts have none of their own.
using FileStats = std::map<Id, ColumnStats>;

// What a whole table's column is known to hold.
struct TableColumnStats {
  bool has_null = false;
  std::optional<bool> has_nan;
  std::optional<std::string> min;
  std::optional<std::string> max;
};

// -1, 0 or 1 by the order of the type's values; nothing where a text is none of the type, or the
// type has no order.
std::optional<int> compare_bounds(const Type& type, std::string_view left, std::string_view right);

// `all` widened by the rows of one more file. Bounds that cannot be compared become unknown.
// `has_rows`: whether `all` speaks of any row yet.
TableColumnStats widened_by(TableColumnStats all, bool has_rows, const ColumnStats& file,
                            const Type& type);

}  // namespace sluice::ducklake
