// What export and query do with columns that hold values which their type cannot carry, or whose
// type sluice does not know.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "plan/accepted_losses.h"

namespace sluice {

// Whether SQL may read the table or the column: a name that it does not spell cannot be part of it.
bool may_name(const std::string& sql, const std::string& name);

// Columns that are accepted, or of an unknown type, become text. Requires: surveyed tables.
// Errors: kWouldLoseData names all that were not accepted; kInvalid a column that is not there.
Status accept_hazards(std::vector<Table>& tables, const std::vector<std::string>& accept_losses);

// All such columns become text; `note` is told of each that `sql` may read.
void read_hazards_as_text(std::vector<Table>& tables, const std::string& sql,
                          const std::function<void(const std::string&)>& note);

}  // namespace sluice
