// Iceberg: tables whose metadata, manifests and data are files, and whose newest state a catalog
// knows.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

// The tables of a catalog, or those in a folder (read only). Errors: kNotFound where there is no
// table, kInvalid for writing to a folder or to an old snapshot.
Result<std::unique_ptr<Endpoint>> open_iceberg(const Location& location, Engine& engine,
                                               bool for_writing);

// How an Iceberg table of version 2 holds a type; its native name is the metadata's
// without ids: "list<int>".
TypeRule iceberg_rule(const Type& type);

}  // namespace sluice
