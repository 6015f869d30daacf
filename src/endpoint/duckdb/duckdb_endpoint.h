// A DuckDB file as a place to read from and write to.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// Looks at the file before the engine does, then attaches it READ_ONLY; write() attaches it anew
// for writing. With `for_writing` the file may be missing: the first run makes it. Errors:
// kNotFound, kCorrupt, kUnsupported (a storage version of a newer DuckDB, encryption), kConflict
// names the process that holds the file.
Result<std::unique_ptr<Endpoint>> open_duckdb(const Location& location, Engine& engine,
                                              bool for_writing);

}  // namespace sluice
