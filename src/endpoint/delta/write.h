// Private to endpoint/delta.
#pragma once

#include <memory>
#include <string>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice::delta {

Result<std::unique_ptr<WriteSession>> write_tables(const Location& location, Engine& engine,
                                                   const std::string& run, const TargetPlan& plan);

}  // namespace sluice::delta
