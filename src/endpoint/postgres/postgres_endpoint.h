// PostgreSQL 14 and later as a source and a target.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// Connects once, to see that the server is there and lets us in. ?schema=A,B names the schemas that
// are read (without it all that people have made); the first one (public without it) takes tables
// that a plan gives no schema.
// Errors: kNotFound unreachable or no such database, kDenied, kInvalid for an unknown parameter,
// kUnsupported for an older server.
Result<std::unique_ptr<Endpoint>> open_postgres(const Location& location, Engine& engine);

}  // namespace sluice
