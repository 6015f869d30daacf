// A location from its parts, as sluice.toml and the environment give them.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "model/location.h"

namespace sluice {

// Key to text: url, or kind, path, host, port, user, password, database, schema.
using LocationParts = std::map<std::string, std::string>;

// `name` is what the errors call the location. Errors: kInvalid; none shows a value of `password`
// or `url`.
Result<Location> location_of_parts(const LocationParts& parts, const std::string& name);

}  // namespace sluice
