// Private to endpoint/iceberg.
#pragma once

#include <memory>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/iceberg/table_scan.h"

namespace sluice::iceberg {

// All tables of a location that are there at a moment. Errors: kNotFound where none is.
Result<std::unique_ptr<ReadSession>> read_lake(const Location& location, const Moment& moment,
                                               Engine& engine);

// A session over tables at their snapshots. Metadata and data files never change.
std::unique_ptr<ReadSession> session_of(std::vector<std::unique_ptr<TableScan>> tables,
                                        std::vector<Finding> findings, Engine& engine);

// A table as an inventory has it.
Table table_of(const TableState& state);

}  // namespace sluice::iceberg
