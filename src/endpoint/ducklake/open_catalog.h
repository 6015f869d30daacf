// Private to endpoint/ducklake: from a location to the database of its catalog and to a moment.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "lake_catalog/catalog_database.h"
#include "lake_catalog/ducklake_catalog.h"
#include "model/location.h"

namespace sluice::ducklake {

// Errors: kUnsupported for a catalog of a kind that is not known; kNotFound where there is no lake
// and it is not opened for writing.
Result<std::unique_ptr<CatalogDatabase>> open_catalog(const Location& location,
                                                      const CatalogOptions& options);

// The location's own: its parameters `snapshot` and `at`. Errors: kInvalid.
Result<LakeMoment> moment_of(const Location& location);

// A number is a snapshot's, all else a time.
LakeMoment moment_of(const std::string& text);

}  // namespace sluice::ducklake
