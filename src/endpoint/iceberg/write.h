// Private to endpoint/iceberg.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "endpoint/iceberg/lend_files.h"
#include "model/location.h"

namespace sluice::iceberg {

Result<std::unique_ptr<WriteSession>> write_tables(const Location& location, Engine& engine,
                                                   const std::string& run, const TargetPlan& plan,
                                                   std::shared_ptr<LentKeys> lent);

}  // namespace sluice::iceberg
