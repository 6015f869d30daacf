// The rows that --on-bad-row reject leaves out: <state>/rejects/<run>/<table>.csv.
#pragma once

#include "migrate/context.h"

namespace sluice {

// Writes the files and tells the journal, before anything is verified: a run that can be published
// has its rejected rows on disk.
Status write_rejects(RunContext& context, const Plan& plan, ReadSession& source);

// Returns: whether there were any.
Result<bool> remove_rejects(const std::filesystem::path& state_folder, const std::string& run);

}  // namespace sluice
