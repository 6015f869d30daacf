// Rows of files by their places in them, as a relation: what is deleted of a lake's data files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/table_source.h"
#include "format/row_set/row_set.h"

namespace sluice {

// A relation (file BIGINT, pos BIGINT): the row numbers of each set with the number beside it.
std::shared_ptr<TableSource> positions_source(std::vector<std::pair<std::int64_t, RowSet>> sets);

// " ANTI JOIN ..." that leaves the rows of such a relation out of f, which has file_index and
// file_row_number; "" where `relation` is.
std::string without_positions(const std::string& relation);

}  // namespace sluice
