// Private to operations/: what a query asks of each table, so that files which hold nothing of it
// are not opened.
#pragma once

#include <string>
#include <vector>

#include "endpoint/takes_conditions.h"
#include "engine/engine.h"

namespace sluice {

// Lets the engine plan the query over empty tables of the same columns and tells the session which
// conditions stand at every scan of a table. A query that cannot be planned so, or whose
// conditions are not understood, sets none. Before the tables' views are made.
Status ask_only_for(Engine& engine, TakesConditions& session, const std::vector<Table>& tables,
                    const std::string& sql);

// The conditions of one filter as the engine prints it: "part>=5 AND part<=9", "t='it''s'",
// "d>'2024-01-01'::DATE". All of them, or none where any part is something else.
std::vector<ColumnCondition> parse_filter(std::string_view text);

}  // namespace sluice
