// One run's work in a database file.
#pragma once

#include <memory>
#include <string>

#include "endpoint/endpoint.h"

namespace sluice::sqlite {

// The file is opened by the first method that needs it and made by prepare() only.
std::unique_ptr<WriteSession> make_write_session(const std::string& path, const std::string& run,
                                                 const TargetPlan& plan);

}  // namespace sluice::sqlite
