// Reading one snapshot of a MariaDB or MySQL database: ReadSession.
#pragma once

#include <memory>

#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice::mysql {

Result<std::unique_ptr<ReadSession>> open_read_session(const Location& location, Engine& engine);

}  // namespace sluice::mysql
