// Private to endpoint/iceberg: a table's files in words: `lake files`.
#pragma once

#include <memory>
#include <vector>

#include "endpoint/iceberg/table_state.h"
#include "model/lake_facts.h"

namespace sluice::iceberg {

// What is deleted is counted: by the delete files, and by a scan where they delete by value.
// Errors: kNotFound for a moment that none of the tables has.
Result<LakeFilesFacts> files_of(const std::vector<std::shared_ptr<const IcebergTable>>& tables,
                                const Moment& moment, Engine& engine);

}  // namespace sluice::iceberg
