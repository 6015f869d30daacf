// Sizes as a user types them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace sluice {

// "512MB" (millions), "1GiB" (powers of 1024), "1.5G" (as GB), plain bytes; case does not matter.
// Errors: kInvalid names the text.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace sluice
