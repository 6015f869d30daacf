// A run in a few words: what `runs` and `status` share.
#pragma once

#include "cli/session.h"

namespace sluice {

Json summary_json(const RunSummary& run);
std::string summary_text(const RunSummary& run);

// `run`: a ULID, the beginning of exactly one, or "last"; case does not matter.
// Errors: kNotFound, kInvalid for the beginning of several.
Result<RunSummary> find_summary(const std::vector<RunSummary>& runs, const std::string& run);

}  // namespace sluice
