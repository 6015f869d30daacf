// Private to endpoint/duckdb: --if-exists append and merge into the table that is there, which
// stays the same object.
//
// DuckDB sets no sequence forward, deletes no row that a foreign key refers to or has referred to
// in the same transaction, and a unique index (unlike a key) still sees rows that the transaction
// has deleted. A table for which that matters is made anew out of its own DDL instead (publish.cc).
#pragma once

#include <string>

#include "endpoint/duckdb/replace.h"
#include "model/target_table.h"

namespace sluice::duckdb {

inline bool continues(const TargetTable& table) {
  return table.if_exists == IfExists::kAppend || table.if_exists == IfExists::kMerge;
}

// Errors: kConflict where the table's columns, computed ones apart, are not those of the plan.
Status check_continuation(const TargetTable& table, const Table& old);

// Whether foreign keys tie the table to itself, to tables of the plan, or others to it.
bool is_tied(const DuckdbCatalog& catalog, const TargetPlan& plan, const Table& old);

bool has_unique_index(const Table& old);

// Errors: kConflict names a row that a constraint of `old` refuses, or a key of a merge that
// several of its rows have. Not here: unique keys, which the engine names itself, and the foreign
// keys of a table that is tied to others of the run.
Status check_rows(EngineConnection& connection, const TableName& staging, const TargetTable& table,
                  const Table& old, bool tied);

// Rows of `staging` into the table, instead of those of equal key in a merge.
Status add_rows(EngineConnection& connection, const TableName& staging, const TargetTable& table,
                const Table& old);

// Puts the rows in `object.kept` back.
Status take_rows_back(EngineConnection& connection, const KeptObject& object);

// Errors: kUnsupported where making the table anew would not keep its definition: DuckDB tells the
// labels of a column's enum, not its name.
Status check_remakable(EngineConnection& connection, const std::string& catalog, const Table& old);

}  // namespace sluice::duckdb
