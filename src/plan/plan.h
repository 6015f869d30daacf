// A plan: what a run will do, decided before the first byte is written. A document (plan_json.h)
// that `migrate --plan` executes unchanged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/endpoint.h"
#include "model/inventory.h"
#include "model/target_table.h"
#include "model/type_rule.h"

namespace sluice {

// A loss that a column meets. Not accepted, it refuses the plan.
struct ColumnLoss {
  LossReason reason = LossReason::kAsText;  // the first remedy where it is not accepted
  bool accepted = false;
  bool rejected = false;     // --on-bad-row reject: these rows go to the rejects file
  std::uint64_t values = 0;  // how many; 0 where the type itself is the reason
  std::string message;
  std::vector<LossReason> remedies;  // what may be accepted; empty: nothing can
};

struct ColumnPlan {
  std::string source;  // "" for a column of a --map table
  std::string target;
  std::string source_type;  // sluice's spelling
  std::string target_type;  // the target's DDL
  Mapping mapping = Mapping::kExact;
  std::string reason;
  std::string expression;  // engine SQL over the source relation
  std::vector<ColumnLoss> losses;
};

struct TablePlan {
  Table source;         // name and columns in the types in which they are read; no rows for a map
  std::string map_sql;  // --map: the SELECT that gives the rows, else ""
  TargetTable target;
  std::vector<ColumnPlan> columns;
  std::string
      reject_predicate;  // engine SQL, true for a row that goes to the rejects file; "" none
  // --cursor: the column, and engine SQL over the source relation that is true for the rows behind
  // the target's last; "" where all are moved.
  std::string cursor;
  std::string cursor_predicate;
  std::uint64_t chunk_rows = 0;  // at most, about
  std::vector<ChunkRange> chunks;
};

struct Plan {
  std::string source;  // what resume opens again: a name or a URI without password
  std::string target;
  std::vector<TablePlan> tables;
  std::vector<TargetView> views;
  std::vector<Finding> findings;
  std::uint64_t bytes_needed = 0;  // an estimate from the source's own sizes
  double seconds_estimate = 0;     // from the rows and an assumed rate
  std::uint64_t chunk_rows = 0;    // what was asked for; 0: sluice's choice
  std::string fingerprint;         // of the source when it was planned; "" where it has none
  std::string level = "content";
  bool backup = true;
  bool publish = true;
  AccessWish access;

  bool refused() const;
  // "--accept-loss t.c:as_text", one for each loss that is not accepted, the mildest remedy.
  std::vector<std::string> accept_flags() const;
  TargetPlan target_plan() const;
  // The SELECT that gives a table's target columns out of `relation`; rejected rows left out.
  static std::string select_sql(const TablePlan& table, const std::string& relation);
  // " WHERE ..." of these rows, "" for all.
  static std::string where_sql(const TablePlan& table);
  // The rows that select_sql leaves out for their values, as they are in the source.
  static std::string rejects_sql(const TablePlan& table, const std::string& relation);
};

}  // namespace sluice
