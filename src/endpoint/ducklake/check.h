// Private to endpoint/ducklake: holds a lake's catalog against its files.
#pragma once

#include <string>
#include <vector>

#include "endpoint/lake_inspector.h"
#include "lake_catalog/catalog_database.h"

namespace sluice::ducklake {

Result<LakeCheckFacts> check_lake(CatalogDatabase& database, const std::string& data_path,
                                  const std::vector<std::string>& tables, Engine& engine,
                                  const LakeProgress& progress);

}  // namespace sluice::ducklake
