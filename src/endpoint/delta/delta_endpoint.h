// Delta Lake: a log of JSON and Parquet files beside the data, in a folder of this machine.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// A table's folder, or one with tables below it. Errors: kNotFound where there is no table,
// kInvalid for writing.
Result<std::unique_ptr<Endpoint>> open_delta(const Location& location, Engine& engine,
                                             bool for_writing);

// How a Delta table holds a type; its native name is the log's, "array<long>" where it is nested.
TypeRule delta_rule(const Type& type);

}  // namespace sluice
