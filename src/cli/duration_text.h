// Durations as a user types them.
#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace sluice {

// "500ms", "90s", "15m", "1.5h", "1d"; case does not matter. Errors: kInvalid names the text.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace sluice
