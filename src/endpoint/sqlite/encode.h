// From a cell of the engine to the value that SQLite is given. Pure. Text stays where it lies; what
// has to be written out goes into a buffer.
#pragma once

#include <string>

#include "base/result.h"
#include "endpoint/sqlite/cell.h"
#include "endpoint/sqlite/types.h"
#include "model/batch.h"

namespace sluice::sqlite {

// For a column of this affinity: long decimals go as text where the column keeps text. The value's
// bytes are the column's or those of `scratch`. False: SQLite would change the value, or has no
// place for its type; encode_refusal() says which.
bool encode_cell(Affinity affinity, const ColumnView& column, std::size_t row, std::string& scratch,
                 Cell& out);

// Errors: kWouldLoseData, kUnsupported.
Error encode_refusal(const ColumnView& column, std::size_t row);

}  // namespace sluice::sqlite
