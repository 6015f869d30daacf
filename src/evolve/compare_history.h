// What a folder of scripts and the history of a database say of each other. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evolve/history.h"
#include "evolve/scripts.h"

namespace sluice::evolve {

struct HistoryFinding {
  // "newer_database", "missing_script", "changed_script", "skipped_script", "interrupted"
  std::string kind;
  SchemaVersion version = 0;
  std::string message;
};

// The newest version that is applied, or was the baseline; 0 for none.
SchemaVersion version_of(const History& history);

// What stands against running scripts, the worst first; an interrupted one does not, it is resumed.
std::vector<HistoryFinding> compare_history(const Scripts& scripts, const History& history);

// The first of them as an error, kConflict, with what to do.
Status check_history(const Scripts& scripts, const History& history);

// Scripts that up to `until` (nullopt: all) are not applied yet, the oldest first. One that was
// interrupted is the first of them.
std::vector<const Script*> pending(const Scripts& scripts, const History& history,
                                   std::optional<SchemaVersion> until);

}  // namespace sluice::evolve
