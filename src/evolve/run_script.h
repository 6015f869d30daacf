// One script, up or down, and its row of the history.
#pragma once

#include <functional>
#include <string>

#include "evolve/history.h"
#include "evolve/script_database.h"
#include "evolve/scripts.h"

namespace sluice::evolve {

struct ScriptRun {
  SchemaVersion version = 0;
  std::string name;
  bool is_up = true;
  int statements = 0;
  int resumed_at = 0;     // statements that an earlier run had done
  bool was_done = false;  // by another runner meanwhile: nothing was run
  double seconds = 0;
};

// Called before each statement with its number, from 1, and how many there are.
using StatementNote = std::function<Status(const Script& script, int number, int count)>;

// Runs the script and notes it: in one transaction where the system undoes its schema and the
// script does not ask for none, so that it is there as a whole or not at all. Else statement by
// statement with the place kept: a later call goes on behind the last that was done.
//
// Errors name the script, the statement's number, its line and the system's own words. kInvalid for
// a script without statements, or with one that would end the transaction; kConflict where it has
// begun already and what it had done was changed since.
Result<ScriptRun> run_script(ScriptDatabase& database, const Script& script, bool is_up,
                             const StatementNote& note);

}  // namespace sluice::evolve
