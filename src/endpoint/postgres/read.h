// Reading one snapshot of a PostgreSQL database: ReadSession.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice::postgres {

Result<std::unique_ptr<ReadSession>> open_read_session(const Location& location,
                                                       const std::vector<std::string>& schemas,
                                                       Engine& engine);

}  // namespace sluice::postgres
