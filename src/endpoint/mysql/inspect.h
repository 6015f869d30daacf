// The inventory of a database. What a run left there under its own names is not part of it.
#pragma once

#include "endpoint/mysql/snapshot.h"
#include "model/inventory.h"

namespace sluice::mysql {

Result<Inventory> inspect(Snapshot& snapshot);

// A default of information_schema as standard SQL: MySQL's escapes in a literal become plain.
std::string standard_default(const std::string& text);

}  // namespace sluice::mysql
