// Which tables of an inventory a run takes. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/inventory.h"

namespace sluice {

// Globs match "name" or "schema.name", in whatever case where the system folds it. No pattern takes
// all tables and no views; a view is taken when a pattern without wildcards names it. Errors:
// kNotFound where a pattern matches nothing, naming the nearest table.
Result<std::vector<Table>> select_tables(const Inventory& inventory,
                                         const std::vector<std::string>& patterns,
                                         const std::vector<std::string>& excludes, bool folds_case);

// Leaves out of the inventory's findings those about its tables that are not among `chosen`.
void keep_findings_of(const std::vector<Table>& chosen, Inventory& inventory);

// True where `pattern` names this table: by "name" or by "schema.name".
bool names_table(const std::string& pattern, const TableName& name, bool folds_case);

}  // namespace sluice
