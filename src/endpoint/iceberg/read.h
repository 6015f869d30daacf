// Private to endpoint/iceberg.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/iceberg/lend_files.h"
#include "endpoint/iceberg/table_scan.h"

namespace sluice::iceberg {

// All tables of a location that are there at a moment. Errors: kNotFound where none is, unless it
// may be empty. `lent`: for what runs staged.
Result<std::unique_ptr<ReadSession>> read_lake(const Location& location, const Moment& moment,
                                               Engine& engine, bool may_be_empty,
                                               std::shared_ptr<LentKeys> lent);

// What a run staged, by WriteSession::staged_name().
using OpenStaged = std::function<Result<std::unique_ptr<TableScan>>(const TableName&)>;

// A session over tables at their snapshots. Metadata and data files never change.
std::unique_ptr<ReadSession> session_of(std::vector<std::unique_ptr<TableScan>> tables,
                                        std::vector<Finding> findings, Engine& engine,
                                        OpenStaged open_staged = nullptr);

// A table as an inventory has it.
Table table_of(const TableState& state);

}  // namespace sluice::iceberg
