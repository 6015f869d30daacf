// Private to endpoint/iceberg: one data file against what its manifest says of its rows.
#pragma once

#include <vector>

#include "endpoint/iceberg/table_scan.h"
#include "model/lake_facts.h"

namespace sluice::iceberg {

struct CheckedFile {
  std::uint64_t rows = 0;  // that were read
  std::vector<LakeFinding> findings;
};

// Reads all values. `place`: of the file in scan.live(). Errors: those that say nothing about it.
Result<CheckedFile> check_values(TableScan& scan, std::size_t place, Engine& engine,
                                 EngineConnection& connection);

}  // namespace sluice::iceberg
