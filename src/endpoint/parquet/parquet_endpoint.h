// A folder of Parquet files as a place to read from and write to: NAME.parquet is a table, and so
// is a folder with such files in it. A single file is a location with one table.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// With `for_writing` the folder may be missing: the first run makes it.
// Errors: kNotFound; kCorrupt names a file that is cut off or is no Parquet.
Result<std::unique_ptr<Endpoint>> open_parquet(const Location& location, Engine& engine,
                                               bool for_writing);

}  // namespace sluice
