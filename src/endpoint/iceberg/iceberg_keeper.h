// What tidies up Iceberg tables: `sluice lake expire`.
#pragma once

#include <memory>

#include "endpoint/lake_keeper.h"
#include "model/location.h"

namespace sluice {

// Errors: kNotFound where there is no table, kUnsupported for a folder without a catalog where
// something is to be written.
Result<std::unique_ptr<LakeKeeper>> keep_iceberg(const Location& location, Engine& engine,
                                                 bool for_writing);

}  // namespace sluice
