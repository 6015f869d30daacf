// Cells of the usual types, laid into rows a column at a time.
#pragma once

#include "endpoint/postgres/binary_write.h"

namespace sluice::postgres {

// Empty for a type whose cells are written one by one.
ColumnLayout layout_of(const CellWriter& writer);

}  // namespace sluice::postgres
