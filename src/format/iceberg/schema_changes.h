// How the columns of one table differ between two of its schemas, in words.
#pragma once

#include <string>
#include <vector>

#include "format/iceberg/schema.h"

namespace sluice::iceberg {

// `added column "z" int`, `renamed column "a" to "b"`. Columns are the same by their ids, parts of
// nested ones are called by their whole name, "s.x".
std::vector<std::string> column_changes(const Schema& before, const Schema& after);

}  // namespace sluice::iceberg
