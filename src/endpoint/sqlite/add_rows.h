// --if-exists append and merge: rows go into the table that is there. Its definition, indexes,
// triggers and statistics stay as they are, triggers do not fire, and the rows as they were are
// kept in a table of the run.
#pragma once

#include "endpoint/sqlite/publish.h"

namespace sluice::sqlite {

// As long as it lives, no trigger of any table fires on the connection.
class TriggersOff {
 public:
  explicit TriggersOff(Connection& connection);
  TriggersOff(const TriggersOff&) = delete;
  TriggersOff& operator=(const TriggersOff&) = delete;
  ~TriggersOff();

 private:
  Connection& connection_;
};

inline bool continues(const TargetTable& table) {
  return table.if_exists == IfExists::kAppend || table.if_exists == IfExists::kMerge;
}

// Errors: kConflict where `old` is no table, or its columns are not those of the plan.
Status check_continuation(Connection& connection, const TargetTable& table,
                          const SchemaObject& old);

// Keeps the old rows, adds the staged ones (those of equal key are replaced in a merge) and drops
// staging. Requires: the caller's transaction, TriggersOff, foreign keys off.
// Errors: kConflict names the constraint and the row that it refuses.
Status add_rows(Connection& connection, const std::string& run, const TargetTable& table,
                const SchemaObject& old);

// Puts the rows that a "continued" note speaks of back. Requires: as add_rows().
Status take_rows_back(Connection& connection, const std::string& run, const StateRow& note);

}  // namespace sluice::sqlite
