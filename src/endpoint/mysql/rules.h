// How MariaDB and MySQL hold sluice's types: Endpoint::rule.
#pragma once

#include "model/type_rule.h"

namespace sluice::mysql {

TypeRule rule(const Type& type);

}  // namespace sluice::mysql
