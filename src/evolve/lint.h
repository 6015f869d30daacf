// Statements of a script that lose rows or values, or that programs of the version before cannot
// work with. Pure.
#pragma once

#include <string>
#include <vector>

#include "evolve/scripts.h"

namespace sluice::evolve {

struct LintFinding {
  std::string kind;  // "loses_data", "rewrites_values", "breaks_readers", "no_way_back"
  SchemaVersion version = 0;
  std::string file;
  int line = 0;  // 0: of the script as a whole
  std::string message;
};

std::vector<LintFinding> lint(const Script& script);

}  // namespace sluice::evolve
