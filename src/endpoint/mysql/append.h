// Adding rows to tables that are there, by append or merge, and taking them out again. The tables
// stay what they are; a copy of their old rows is kept for a rollback.
#pragma once

#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/mysql/run.h"

namespace sluice::mysql {

// Errors: kConflict where the table's columns are not those of the plan.
Status check_can_add(Connection& connection, const TargetTable& table);

// One transaction over all of `tables` that are appended to or merged into; nothing where it was
// done before. Errors: kConflict for a key or constraint that the rows break, and for a merge key
// that is NULL or not unique.
Status add_rows(const Run& run, Connection& connection,
                const std::vector<const TargetTable*>& tables);

// Whether add_rows() has happened and take_out_rows() has not.
Result<bool> has_added(const Run& run, Connection& connection);

// Tables that are there and of whose old rows there is a copy.
Result<std::vector<const TargetTable*>> continued_tables(const Run& run, Connection& connection);

// The old rows back, in one transaction.
Status take_out_rows(const Run& run, Connection& connection);

// What the tables hand out next: a failed transaction too has moved that.
Status restore_numbers(const Run& run, Connection& connection);

}  // namespace sluice::mysql
