// How Parquet, as the engine writes and reads it, holds sluice's types. What COPY changes without a
// word (HUGEINT becomes DOUBLE, intervals lose microseconds, an offset of a time is dropped, a
// union becomes a struct) is refused here.
#pragma once

#include "model/type_rule.h"

namespace sluice {

// Who will read the files.
enum class ParquetReaders {
  kAny,     // also those that know neither infinite dates nor 24:00:00
  kEngine,  // the engine and what is built on it
};

TypeRule parquet_rule(const Type& type, ParquetReaders readers = ParquetReaders::kAny);

}  // namespace sluice
