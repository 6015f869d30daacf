// Where the tables of a Delta catalog are, opened to a command that was given the catalog alone.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "lake_catalog/delta_catalog.h"
#include "model/location.h"

namespace sluice {

// Opens the tables' places on S3, by the settings of the catalog's location: those of sluice.toml
// and the environment. Errors: kDenied where there are no keys.
Status reach_tables(const std::vector<DeltaTableRecord>& tables, const Location& catalog,
                    Engine& engine);

// The places of all tables that have a commit which is not in their log yet.
Status reach_unmirrored(DeltaCatalog& tables, const Location& catalog, Engine& engine);

}  // namespace sluice
