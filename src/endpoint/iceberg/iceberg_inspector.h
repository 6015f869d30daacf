// What Iceberg tables can be asked beyond their rows: `sluice lake`.
#pragma once

#include <memory>

#include "endpoint/lake_inspector.h"
#include "model/location.h"

namespace sluice {

// Errors: kNotFound where there is no table.
Result<std::unique_ptr<LakeInspector>> inspect_iceberg(const Location& location, Engine& engine);

}  // namespace sluice
