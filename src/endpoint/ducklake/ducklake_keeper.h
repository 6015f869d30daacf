// What tidies up a DuckLake.
#pragma once

#include <memory>

#include "endpoint/lake_keeper.h"
#include "model/location.h"

namespace sluice {

// `for_writing` false: only dry runs are asked for. Errors: kNotFound where there is no lake,
// kInvalid for a location of another moment than now, kUnsupported for a catalog of a kind that is
// not known.
Result<std::unique_ptr<LakeKeeper>> keep_ducklake(const Location& location, Engine& engine,
                                                  bool for_writing);

}  // namespace sluice
