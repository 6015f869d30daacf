// From a cell of the engine to a parameter of an INSERT. Text is bound where it lies; what has to
// be written out goes into one buffer a column, which lives until the row is inserted.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "base/result.h"
#include "endpoint/sqlite/types.h"
#include "model/batch.h"

namespace sluice::sqlite {

// Binds parameter `index` (from 1) for a column of this affinity: long decimals go as text where
// the column keeps text. `scratch` must stay unchanged until the statement has run. Returns: the
// bytes bound. Errors: kUnsupported for types that SQLite cannot hold (types.h).
Result<std::uint64_t> bind_cell(sqlite3_stmt* insert, int index, Affinity affinity,
                                const ColumnView& column, std::size_t row, std::string& scratch);

}  // namespace sluice::sqlite
