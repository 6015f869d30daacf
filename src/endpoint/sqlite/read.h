// A read session: one snapshot, its tables as relations of the engine.
#pragma once

#include <memory>
#include <string>

#include "endpoint/endpoint.h"

namespace sluice::sqlite {

// An empty path reads as an empty database.
Result<std::unique_ptr<ReadSession>> open_read_session(const std::string& path, Engine& engine);

}  // namespace sluice::sqlite
