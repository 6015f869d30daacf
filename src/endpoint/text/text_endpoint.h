// CSV and JSON files as sources: csv:PATH and json:PATH, a file or a folder with one file or folder
// a table. They are written by `export` (export_file.h), never as a run's target.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// Errors: kInvalid where `for_writing`; kNotFound.
Result<std::unique_ptr<Endpoint>> open_text(const Location& location, Engine& engine,
                                            bool for_writing);

}  // namespace sluice
