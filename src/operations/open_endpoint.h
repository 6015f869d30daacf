// Private to operations/: the one place that knows all endpoints.
#pragma once

#include <cstdint>
#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// Errors: kUnsupported for a kind that this release does not know; those of the endpoint.
Result<std::unique_ptr<Endpoint>> open_endpoint(const Location& location, Engine& engine,
                                                bool for_writing);

// Opens a place and counts its tables, views not.
Result<std::uint64_t> count_tables(const Location& location, Engine& engine);

// An endpoint's type rule by the endpoint's name, without opening anything.
Result<TypeRule> rule_of(const std::string& endpoint, const Type& type);

// One file or folder, or one database; schemas of it are one place.
bool is_same_place(const Location& a, const Location& b);

// kInvalid where both are one place: a run must not write what it reads.
Status check_different(const Location& source, const Location& target);
// The same once both are open, where the servers themselves say which they are.
Status check_different_servers(const Location& source, Endpoint& source_endpoint,
                               const Location& target, Endpoint& target_endpoint);

}  // namespace sluice
