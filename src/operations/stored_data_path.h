// Private to operations/: where a DuckLake's catalog says that its files are.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/engine.h"
#include "model/location.h"

namespace sluice {

// As it stands there: what DuckDB compares DATA_PATH with. Errors: kNotFound where there is no
// lake.
Result<std::string> stored_data_path(const Location& location, Engine& engine);

}  // namespace sluice
