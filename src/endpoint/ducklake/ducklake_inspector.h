// What a DuckLake can be asked beyond its tables' rows.
#pragma once

#include <memory>

#include "endpoint/lake_inspector.h"
#include "model/location.h"

namespace sluice {

// Errors: kNotFound where there is no lake, kUnsupported for a catalog of a kind that is not known.
Result<std::unique_ptr<LakeInspector>> inspect_ducklake(const Location& location, Engine& engine);

}  // namespace sluice
