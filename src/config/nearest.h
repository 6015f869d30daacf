// "did you mean": the known name nearest to one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// Returns: the name with the fewest single-character edits (insert, delete, replace, swap), case
// not counted; "" where even that is more than a third of the name, at least two.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace sluice
