// How the columns of one table differ between two versions, in words.
#pragma once

#include <string>
#include <vector>

#include "format/delta/schema.h"

namespace sluice::delta {

// `added column "z" int32`, `renamed column "a" to "b"`. Columns are the same by their physical
// names, parts of nested ones by their whole name, "s.x".
std::vector<std::string> column_changes(const std::vector<Field>& before,
                                        const std::vector<Field>& after);

}  // namespace sluice::delta
