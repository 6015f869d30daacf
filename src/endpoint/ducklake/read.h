// Private to endpoint/ducklake.
#pragma once

#include <memory>

#include "endpoint/ducklake/inlined.h"
#include "endpoint/endpoint.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

// A session over one snapshot. The catalog is read whole and let go before this returns; the files
// of a snapshot never change.
Result<std::unique_ptr<ReadSession>> read_lake(CatalogDatabase& database,
                                               const std::string& data_path,
                                               const LakeMoment& moment, Engine& engine);

// A session over a lake that was read already. `inlined`: by table.
std::unique_ptr<ReadSession> session_of(Lake lake, std::vector<InlinedRows> inlined,
                                        Engine& engine);

// A session over a lake that is not there yet: no table but those that a run has staged below
// `data_path`.
Result<std::unique_ptr<ReadSession>> read_no_lake(const std::string& data_path, Engine& engine);

}  // namespace sluice::ducklake
