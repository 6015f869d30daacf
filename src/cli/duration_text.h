// Durations as a user types them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

// "500ms", "90s", "15m", "1.5h", "1d"; case does not matter. Errors: kInvalid names the text.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// As a user would type it, without a fraction: "500ms", "60s", "90s", "15m", "1h".
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace sluice
