// Private to endpoint/iceberg: what lies between two moments.
#pragma once

#include <string>
#include <vector>

#include "endpoint/iceberg/table_state.h"
#include "endpoint/lake_inspector.h"

namespace sluice::iceberg {

struct DiffInput {
  Moment since;
  Moment until;
  std::vector<std::string> tables;  // globs
};

// Errors: kInvalid where `until` is before `since`, kNotFound for a moment that no table has.
Result<LakeDifference> difference_between(
    const std::vector<std::shared_ptr<const IcebergTable>>& tables, const DiffInput& input,
    Engine& engine);

}  // namespace sluice::iceberg
