// The last steps of a run in a PostgreSQL target, each one transaction: publish puts staging under
// the final names and keeps what it replaces (add_rows.h has what append and merge do), roll_back
// undoes whatever the run did, forget gives up what a roll back would need.
#pragma once

#include <string>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/postgres/run.h"

namespace sluice::postgres {

// Relations that have the final names of the plan's tables now.
struct Replaced {
  const TargetTable* table = nullptr;
  std::string oid;
};

// Errors: kExists for a taken name where the plan says kFail, kConflict where something outside the
// run depends on a table that would be replaced, where a name is not a table's, and where a table
// that goes on does not take the plan's columns.
Result<std::vector<Replaced>> find_replaced(const Run& run, Connection& connection);

Status publish(const Run& run);
Result<PublishState> publish_state(const Run& run);

}  // namespace sluice::postgres
