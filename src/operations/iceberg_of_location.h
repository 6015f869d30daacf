// How the Iceberg catalog of a location is opened.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "lake_catalog/iceberg_catalog.h"
#include "model/location.h"

namespace sluice {

// With S3 as the location, sluice.toml and the environment say (operations/s3_of_location.h), and
// for a REST catalog with who asks ([iceberg] of sluice.toml, SLUICE_ICEBERG_TOKEN, ...).
Result<IcebergCatalogOptions> iceberg_options_of(const Location& location, const Config& config);

}  // namespace sluice
