// The inventory of some schemas, as one snapshot shows them.
#pragma once

#include <string>
#include <vector>

#include "endpoint/postgres/snapshot.h"
#include "model/inventory.h"

namespace sluice::postgres {

// Of `schemas`; where there are none, of all that people have made.
Result<Inventory> inspect(Snapshot& snapshot, const std::vector<std::string>& schemas);

}  // namespace sluice::postgres
