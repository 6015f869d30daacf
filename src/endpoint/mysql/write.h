// Writing one run into a MariaDB or MySQL database: WriteSession.
#pragma once

#include <memory>
#include <string>

#include "client/mysql/connection.h"
#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice::mysql {

// `plan` is kept by reference.
Result<std::unique_ptr<WriteSession>> open_write_session(const Location& location,
                                                         const std::string& run,
                                                         const TargetPlan& plan);

// Errors: kDenied where the server takes no rows from its clients' files, as which they are sent.
Status check_local_infile(Connection& connection);

}  // namespace sluice::mysql
