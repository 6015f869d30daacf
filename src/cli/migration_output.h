// How a run ended, printed for people or as JSON: migrate, import, resume, publish.
#pragma once

#include "cli/session.h"

namespace sluice {

// Prints the report, and its error on standard error. Returns: the exit code.
Result<int> print_migration(Session& session, const MigrationReport& report);

}  // namespace sluice
