// A table as messages fill it: its columns, a new one's definition, and the SQL that inserts.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/column_plan.h"
#include "model/inventory.h"
#include "model/type_rule.h"

namespace sluice::follow {

// By column: what is inserted of the staged relation b, in the target's SQL.
using InsertTerms = std::map<std::string, std::string>;

// The columns that messages fill: not those that the system computes or numbers. Errors:
// kUnsupported for one that is NOT NULL, has no default, and whose type cannot be filled.
Result<ingest::ColumnPlan> plan_of(const Table& table);

// A field that is missing, or null, is the column's default. `cast`: "" or what a value is cast to.
InsertTerms insert_terms(const Table& table,
                         const std::function<std::string(const Column&)>& cast = {});

// INSERT of a relation's rows. `terms` may be empty: the columns as they are.
std::string insert_sql(const std::string& name, const ingest::ColumnPlan& plan,
                       const InsertTerms& terms, const std::string& relation);

// `name`: as SQL has it. `rule`: the target's types. Errors: kUnsupported for one that it has not.
Result<std::string> new_table_sql(const std::string& name, const ingest::ColumnPlan& plan,
                                  const std::vector<std::string>& key, bool with_primary_key,
                                  const std::function<TypeRule(const Type&)>& rule);

}  // namespace sluice::follow
