// What a merge asks of the rows that it brings: each has a key of its own.
#pragma once

#include "migrate/context.h"

namespace sluice {

// Looks at the staged rows of every table that is merged. Requires: all chunks landed.
// Errors: kConflict names a key that is NULL or that several rows have, before anything changed.
Status check_merge_keys(RunContext& context, const Plan& plan, const WriteSession& target);

}  // namespace sluice
