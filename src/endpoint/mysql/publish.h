// Publication: staging tables under their final names by one RENAME TABLE, rows that are added to
// tables by one transaction before it.
#pragma once

#include <string>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/mysql/run.h"

namespace sluice::mysql {

// Tables of the plan whose final names are taken. Errors: kExists where the plan says kFail,
// kConflict where something outside the run depends on a table that would be replaced, where a name
// is not a table's, and where rows cannot be added to a table as it is.
Result<std::vector<const TargetTable*>> find_replaced(const Run& run, Connection& connection);

// Whether the table stays and rows are added to it: append or merge, and it is there.
Result<bool> adds_rows(Connection& connection, const TargetTable& table);

Status publish(const Run& run);
Result<PublishState> publish_state(const Run& run);

}  // namespace sluice::mysql
