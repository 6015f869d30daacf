// The engine writes bloom filters of columns with dictionaries, and does not find bytes by them
// that are not ASCII: a filter on such a value loses its rows, here and in every program of
// DuckDB's (seen with 1.5.5). Files with such columns are written without.
#pragma once

#include <algorithm>
#include <string_view>

#include "model/type.h"

namespace sluice {

// Whether values of the type, or parts of them, are bytes to Parquet.
inline bool holds_bytes(const Type& type) {
  return type.kind == TypeKind::kBlob || type.kind == TypeKind::kGeometry ||
         type.kind == TypeKind::kBit ||
         std::any_of(type.children.begin(), type.children.end(), holds_bytes);
}

// An option of COPY behind others, or nothing. `columns` have a member `type`.
template <typename Columns>
std::string_view bloom_filter_option(const Columns& columns) {
  const bool any = std::any_of(columns.begin(), columns.end(),
                               [](const auto& column) { return holds_bytes(column.type); });
  return any ? ", WRITE_BLOOM_FILTER false" : "";
}

}  // namespace sluice
