// Private to endpoint/delta.
#pragma once

#include <memory>
#include <vector>

#include "endpoint/delta/table_state.h"
#include "endpoint/endpoint.h"

namespace sluice::delta {

// A session over tables at their versions. Their logs were read whole; data files never change.
std::unique_ptr<ReadSession> session_of(std::vector<TableState> tables, Engine& engine);

}  // namespace sluice::delta
