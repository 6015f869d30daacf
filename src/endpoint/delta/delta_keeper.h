// What tidies up Delta tables.
#pragma once

#include <memory>

#include "endpoint/lake_keeper.h"
#include "model/location.h"

namespace sluice {

// Errors: kNotFound where there is no table, kInvalid for a location of another moment than now.
Result<std::unique_ptr<LakeKeeper>> keep_delta(const Location& location, Engine& engine);

}  // namespace sluice
