// Private to endpoint/delta: a table's rows through other code than the copy's. DuckDB's own delta
// extension reads the log (delta-kernel-rs) and says which files, rows and columns there are.
//
// The extension is looked for where the others are; who has no use for it may leave its 80 MB away.
#pragma once

#include <string>

#include "endpoint/delta/table_state.h"
#include "engine/engine.h"

namespace sluice::delta {

// A SELECT with all columns of the table, under their display names and in their types. Errors:
// kUnsupported where the extension is not there, or would read the table otherwise.
Result<std::string> independent_select(const TableState& table, Engine& engine);

}  // namespace sluice::delta
