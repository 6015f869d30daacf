// --if-exists append and merge: rows go into the table that is there. It stays the same object with
// its definition, indexes, privileges and triggers; those do not fire meanwhile. The rows as they
// were are kept in a table of the run.
#pragma once

#include <string>
#include <vector>

#include "endpoint/postgres/publish.h"

namespace sluice::postgres {

inline bool continues(const TargetTable& table) {
  return table.if_exists == IfExists::kAppend || table.if_exists == IfExists::kMerge;
}

// Errors: kConflict where the table's columns cannot take those of staging, or a rule stands on it.
Status check_continuation(const Run& run, Connection& connection, const Replaced& old);

// Keeps the old rows of each table, then adds the staged ones, tables that are referred to first,
// and drops staging. Requires: a transaction that locks the tables.
// Errors: kConflict names the constraint and the row that it refuses.
Status add_rows(const Run& run, Connection& connection, const std::vector<Replaced>& continued);

struct WorkStep {
  std::string words;
  std::string sql;
};

// What puts the old rows and counters back. Rows that others refer to are changed, not replaced.
// `dropped` are oids of tables that are gone by then. Errors: kConflict where a table is gone.
Result<std::vector<WorkStep>> steps_back(const Run& run, Connection& connection,
                                         const std::vector<std::string>& dropped);

}  // namespace sluice::postgres
