// Looks at the values of a table in one pass, where a column's type cannot tell how it may be read.
#pragma once

#include "endpoint/mysql/snapshot.h"
#include "model/inventory.h"

namespace sluice::mysql {

// Sets Column::type and Column::hazards of the columns that need it.
Status survey(Snapshot& snapshot, Table& table);

}  // namespace sluice::mysql
