// Names that a run leaves in a target: everything of a run carries its ULID.
#pragma once

#include <string>

#include "base/text.h"

namespace sluice {

// "sluice_01jd..." : staging schema, or prefix of staging tables where there are no schemas.
inline std::string staging_prefix(const std::string& run) { return "sluice_" + to_lower(run); }
// "sluice_01jd..._kept": what was replaced.
inline std::string kept_prefix(const std::string& run) { return staging_prefix(run) + "_kept"; }

// Whether some run made it: a staging prefix, and nothing or "_..." behind it.
bool is_of_a_run(const std::string& name);

}  // namespace sluice
