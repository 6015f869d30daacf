// Private to endpoint/delta: tables with column mapping by id, whose files are read by the field
// ids in them, whatever their columns are called (specification, "Reader Requirements for Column
// Mapping").
#pragma once

#include <map>
#include <string>
#include <vector>

#include "endpoint/delta/table_state.h"

namespace sluice::delta {

// The table's columns with the physical names that they have in each file, by the file's path.
// Reads footers only. Errors: kUnsupported for a file without field ids.
Result<std::map<std::string, std::vector<Field>>> columns_by_id(
    const TableState& table, const std::vector<std::string>& paths, EngineConnection& connection);

}  // namespace sluice::delta
