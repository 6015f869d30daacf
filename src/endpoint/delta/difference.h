// Private to endpoint/delta: what lies between two moments.
#pragma once

#include <string>
#include <vector>

#include "endpoint/delta/find_tables.h"
#include "endpoint/lake_inspector.h"

namespace sluice::delta {

struct DiffInput {
  DeltaMoment since;
  DeltaMoment until;
  std::vector<std::string> tables;  // globs
  std::string zone_offset;          // table_state.h
};

// Errors: kInvalid where `until` is before `since`.
Result<LakeDifference> difference_between(const std::vector<FoundTable>& found,
                                          const DiffInput& input, Engine& engine);

}  // namespace sluice::delta
