// Private to endpoint/ducklake: what files say of their own columns.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "format/ducklake/value_fields.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

// The columns of each file, by its path. Reads footers only.
Result<std::map<std::string, std::vector<ValueField>>> read_fields(
    EngineConnection& connection, const std::vector<std::string>& paths);

}  // namespace sluice::ducklake
