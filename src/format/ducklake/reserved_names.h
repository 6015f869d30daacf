// Columns that files of a lake have beside the table's own.
#pragma once

#include <string_view>

namespace sluice::ducklake {

// Beside the rows of a file that holds several snapshots' (specification, "Partial files").
inline constexpr std::string_view kRowSnapshot = "_ducklake_internal_snapshot_id";
// Beside rows that have a number already: those that were changed or put together.
inline constexpr std::string_view kRowId = "_ducklake_internal_row_id";

}  // namespace sluice::ducklake
