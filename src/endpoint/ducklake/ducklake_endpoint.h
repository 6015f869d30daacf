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

// Where the files of the lake are; "" where there is none.
Result<std::string> lake_data_path(const Location& location, Engine& engine);

// Begins a run that moves a lake's catalog and leaves its files where they are: what write() of
// that run then returns copies no row (endpoint/ducklake/move_catalog.h). Done already: nothing is.
// Errors: those of opening the source.
Status stage_lake_catalog(const Location& source, const std::string& run, Engine& engine);

// How DuckLake holds a logical type.
TypeRule ducklake_rule(const Type& type);

}  // namespace sluice
