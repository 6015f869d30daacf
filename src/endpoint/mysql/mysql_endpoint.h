// MariaDB 10.6 and later and MySQL 8 as a source and a target.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// Connects once, to see that the server is there and lets us in. Errors: kNotFound unreachable or
// no such database, kDenied, kInvalid for an unknown parameter, kUnsupported for an older server.
Result<std::unique_ptr<Endpoint>> open_mysql(const Location& location, Engine& engine);

}  // namespace sluice
