// Private to endpoint/ducklake: a lake's catalog as one DuckDB file that nobody writes to. It is a
// DuckLake catalog, of all kept snapshots; whoever has the file and reaches the data files can
// attach it, from a web server too.
#pragma once

#include <string>

#include "engine/engine.h"
#include "lake_catalog/catalog_database.h"
#include "model/lake_upkeep_facts.h"

namespace sluice::ducklake {

// `data_path` is where readers will find the files: a folder or a URL. The file appears whole.
// Errors: kExists where `file` is there.
Result<LakeFreezeFacts> freeze_lake(CatalogDatabase& source, const std::string& file,
                                    const std::string& data_path, Engine& engine);

}  // namespace sluice::ducklake
