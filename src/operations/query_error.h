// Private to operations/: what the engine says of a query that it does not take, in sluice's words.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"
#include "model/location.h"
#include "model/table_name.h"

namespace sluice {

// `query` is what `connection` did not describe, `sql` what of it was typed. Time travel and the
// functions of DuckDB's ducklake extension name what sluice has for them; a table that is not there
// gets the nearest of `tables`, which are all of the location's.
Error query_error(EngineConnection& connection, const std::string& query, const std::string& sql,
                  const Location& location, const std::vector<TableName>& tables, Error found);

}  // namespace sluice
