// Private to endpoint/iceberg: a table of the plan as it is and as it will be.
#pragma once

#include "endpoint/iceberg/run.h"

namespace sluice::iceberg {

// Makes nothing but the namespace that is missing. Errors: kExists, kInvalid and kUnsupported for
// what cannot be written.
Result<IcebergTarget> make_target(IcebergRun& run, const TargetTable& table);

// The updates by which `before` became `after`: columns, spec, order, comment.
std::vector<Update> definition_updates(const TableMetadata& before, const TableMetadata& after);

// A table's metadata without its history.
TableMetadata without_history(TableMetadata metadata);

}  // namespace sluice::iceberg
