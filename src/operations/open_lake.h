// Private to operations/: the one place that knows all lakehouse formats.
#pragma once

#include <memory>
#include <string>

#include "endpoint/lake_inspector.h"
#include "model/location.h"

namespace sluice {

// Errors: kUnsupported for a location that is no lake, kNotFound where there is none.
Result<std::unique_ptr<LakeInspector>> open_lake(const Location& location, Engine& engine);

// The same place at another moment: `at` is a snapshot's number or a time, "" changes nothing.
// Errors: kUnsupported for a location that has no snapshots.
Result<Location> at_moment(Location location, const std::string& at);

}  // namespace sluice
