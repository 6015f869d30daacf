// Which versions of the catalog's format sluice reads and writes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::ducklake {

inline constexpr std::string_view kVersionWritten = "1.0";

// Errors: kUnsupported, naming the version and what to do, for any that is not read exactly as it
// was meant.
Status check_version(std::string_view version, const std::string& location);

}  // namespace sluice::ducklake
