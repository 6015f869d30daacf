// How PostgreSQL holds each of sluice's logical types: Endpoint::rule. Pure.
#pragma once

#include <string>

#include "model/type_rule.h"

namespace sluice::postgres {

// `geometry_schema`: quoted, where PostGIS is; "" where it is not.
TypeRule rule(const Type& type, const std::string& geometry_schema = "");

}  // namespace sluice::postgres
