// Private to endpoint/ducklake.
#pragma once

#include <memory>
#include <string>

#include "endpoint/endpoint.h"
#include "lake_catalog/catalog_database.h"
#include "model/location.h"

namespace sluice::ducklake {

// `database` is null where there is no lake yet: prepare() makes it in `data_path`, which is
// absolute and ends with a slash.
Result<std::unique_ptr<WriteSession>> write_lake(const Location& location,
                                                 std::unique_ptr<CatalogDatabase> database,
                                                 const std::string& data_path, Engine& engine,
                                                 const std::string& run, const TargetPlan& plan);

}  // namespace sluice::ducklake
