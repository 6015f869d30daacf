// Dependents in systems whose views and foreign keys hold a table by its name.
#pragma once

#include <vector>

#include "model/inventory.h"

namespace sluice {

// Adds to each table the views whose text has its name as a word, and the foreign keys of other
// tables that refer to it. Names are compared as SQL does, without regard to case.
// `keys_block`: a table that a foreign key refers to can be neither dropped nor replaced.
void add_named_dependents(std::vector<Table>& tables, bool keys_block);

}  // namespace sluice
