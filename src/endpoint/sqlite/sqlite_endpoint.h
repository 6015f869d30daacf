// SQLite databases: one file, one writer, values that carry their own class.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// Opens the file of `location`. `engine` must outlive the endpoint. `for_writing`: a missing file
// is no error, it reads as an empty database and is made by WriteSession::prepare(). Errors:
// kNotFound (no file, no folder), kCorrupt (not a database, cut off), kConflict (locked), kDenied.
Result<std::unique_ptr<Endpoint>> open_sqlite(const Location& location, Engine& engine,
                                              bool for_writing);

}  // namespace sluice
