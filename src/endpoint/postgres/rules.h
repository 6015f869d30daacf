// How PostgreSQL holds each of sluice's logical types: Endpoint::rule. Pure.
#pragma once

#include "model/type_rule.h"

namespace sluice::postgres {

TypeRule rule(const Type& type);

}  // namespace sluice::postgres
