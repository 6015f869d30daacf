// DuckLake: a catalog in SQLite or PostgreSQL, data in Parquet files.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// Errors: kNotFound where there is no lake and it is not opened for writing, kUnsupported for a
// catalog of a kind or version that is not known.
Result<std::unique_ptr<Endpoint>> open_ducklake(const Location& location, Engine& engine,
                                                bool for_writing);

// How DuckLake holds a logical type.
TypeRule ducklake_rule(const Type& type);

}  // namespace sluice
