// Private to endpoint/iceberg: delete files against the data files that they are about.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "endpoint/iceberg/table_scan.h"
#include "model/lake_facts.h"

namespace sluice::iceberg {

struct CheckedDeletes {
  std::vector<LakeFinding> findings;
  std::vector<LakeFinding> notes;
};

// Of the newest snapshot. `missing`: files that are not there, which are not looked at again.
Result<CheckedDeletes> check_deletes(TableScan& scan, const std::set<std::string>& missing);

}  // namespace sluice::iceberg
