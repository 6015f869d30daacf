// What the published tables are made of: what rollback compares, since the digest of a run's own
// columns does not show what somebody added to them.
#pragma once

#include <string>
#include <vector>

#include "migrate/context.h"

namespace sluice {

// One table's columns, keys, indexes and dependents in words: `column "id" bigint`, `index "i"`.
// Empty where the target's inventory does not list the table.
using TableShape = std::vector<std::string>;

TableShape shape_of(const Table& table);

// Of the run's tables in the target, in the plan's order; nullptr where there is none.
std::vector<const Table*> published_tables(const Inventory& inventory, const Plan& plan,
                                           bool folds_case);

// In the plan's order.
std::vector<TableShape> shapes_of(const std::vector<const Table*>& tables);

// Returns: what `now` has more than `then`, "" where nothing was added.
std::string added_since(const TableShape& then, const TableShape& now);

// Errors: kConflict names what does not let the system drop a published table or view.
Status check_droppable(const RunContext& context, const Plan& plan, const Inventory& inventory);

}  // namespace sluice
