// What a refused run or plan tells to type.
#pragma once

#include <string>
#include <vector>

namespace sluice {

// `flags`: "--accept-loss t.c:nan_as_null", one for each loss that is not accepted.
std::string accept_hint(const std::vector<std::string>& flags);

}  // namespace sluice
