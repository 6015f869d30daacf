// Private to endpoint/iceberg: a table's rows through other code than the copy's. DuckDB's own
// iceberg extension reads metadata, manifests and deletes, and says which files, rows and columns
// there are. It gets the same metadata file and the same snapshot.
#pragma once

#include <string>

#include "endpoint/iceberg/table_state.h"
#include "engine/engine.h"

namespace sluice::iceberg {

// A SELECT with all columns of the table, under their names and in their types. Errors:
// kUnsupported where the extension is not there, or does not read what the table has.
Result<std::string> independent_select(const TableState& table, Engine& engine);

}  // namespace sluice::iceberg
