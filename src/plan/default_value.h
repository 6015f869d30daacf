// Defaults between dialects. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// A literal or current_timestamp, current_date, out of any of our dialects, in words that all of
// them read; nullopt for every other expression.
std::optional<std::string> portable_default(std::string_view sql);

}  // namespace sluice
