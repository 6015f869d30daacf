// Private to endpoint/iceberg: rows of one partition in SQL.
#pragma once

#include <string>

#include "format/iceberg/metadata.h"

namespace sluice::iceberg {

// An expression that is equal for values whose transforms are equal; it need not be the transform's
// own result. "" for a transform or a type that is not parted here.
std::string partition_term(const Transform& transform, const Column& source);

}  // namespace sluice::iceberg
