// Private to operations/: the one place that knows all lakehouse formats.
#pragma once

#include <memory>
#include <string>

#include "endpoint/lake_inspector.h"
#include "endpoint/lake_keeper.h"
#include "model/location.h"

namespace sluice {

class Ticker;

// Errors: kUnsupported for a location that is no lake, kNotFound where there is none.
Result<std::unique_ptr<LakeInspector>> open_lake(const Location& location, Engine& engine);

// Errors: the same. `for_writing` false: nothing but dry runs.
Result<std::unique_ptr<LakeKeeper>> keep_lake(const Location& location, Engine& engine,
                                              bool for_writing);

// What a long look tells goes to `ticker`, which has to outlive it.
LakeProgress progress_of(Ticker& ticker);

// Errors: kInvalid where a location and --at name two moments.
Status check_one_moment(const Location& location, const std::string& at);

// The same place at another moment: `at` is a snapshot's number or a time, "" changes nothing.
// Errors: kUnsupported for a location that has no snapshots.
Result<Location> at_moment(Location location, const std::string& at);

}  // namespace sluice
