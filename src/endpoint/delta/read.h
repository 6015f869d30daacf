// Private to endpoint/delta.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "endpoint/delta/table_state.h"
#include "endpoint/endpoint.h"

namespace sluice::delta {

// A session over tables at their versions. Their logs were read whole; data files never change.
// `root`: the location's folder, in which runs have what they staged; "" where that is not asked
// for.
std::unique_ptr<ReadSession> session_of(std::vector<TableState> tables, Engine& engine,
                                        const std::filesystem::path& root = "");

}  // namespace sluice::delta
