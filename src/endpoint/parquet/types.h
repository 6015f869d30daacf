// How Parquet, as the engine writes and reads it, holds sluice's types. What COPY changes without a
// word (HUGEINT becomes DOUBLE, intervals lose microseconds, an offset of a time is dropped, a
// union becomes a struct) is refused here.
#pragma once

#include "model/type_rule.h"

namespace sluice {

TypeRule parquet_rule(const Type& type);

}  // namespace sluice
