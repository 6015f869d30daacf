// Makes a plan out of two inventories, the target's type rules and the user's choices. It reads
// nothing by itself: the one thing that it has to know about values is asked for through AskValues.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace sluice {

// For each engine predicate over the columns of `table`: how many rows it is true for.
using AskValues = std::function<Result<std::vector<std::uint64_t>>(
    const TablePlan& table, const std::vector<std::string>& predicates)>;

// The value of a boolean expression of the engine over literals.
using Evaluate = std::function<Result<bool>(const std::string& expression_sql)>;

struct MapTable {
  TableName target;
  std::string sql;              // a SELECT over the source's tables by name
  std::vector<Column> columns;  // what it gives
};

struct PlanInput {
  std::string source;  // kept in the plan for resume
  std::string target;
  Capabilities source_capabilities;
  Capabilities target_capabilities;
  std::function<TypeRule(const Type&)> rule;  // the target's
  std::vector<Table> tables;                  // selected and surveyed
  std::vector<Table> all_source_tables;       // for views and foreign keys that lead outside
  std::vector<MapTable> maps;
  Inventory target_inventory;
  std::string target_schema;  // "": the target's default
  std::map<std::string, std::string> renames;
  IfExists if_exists = IfExists::kFail;
  std::vector<std::string> merge_key;
  std::vector<std::string> accept_losses;
  std::vector<std::string> partition;
  std::vector<std::string> sort;
  bool reject_bad_rows = false;
  Evaluate evaluate;  // empty: no check is ruled out by a column's extremes
};

// Errors: kExists for a taken name, kInvalid for a rename, key or accepted loss that names nothing,
// kConflict for names that collide in the target. A refusal is not an error: Plan::refused().
Result<Plan> make_plan(const PlanInput& input, const AskValues& ask);

}  // namespace sluice
