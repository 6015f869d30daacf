// Private to endpoint/iceberg: how a location's catalog and files are reached.
#pragma once

#include "engine/engine.h"
#include "lake_catalog/iceberg_catalog.h"

namespace sluice::iceberg {

// Errors: kInvalid for settings of S3 that are none.
Result<IcebergCatalogOptions> catalog_options(const Location& location, const Engine& engine,
                                              bool for_writing);

}  // namespace sluice::iceberg
