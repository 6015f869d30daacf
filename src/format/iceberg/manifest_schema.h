// The Avro schemas that manifests and manifest lists are written with, field ids in them.
#pragma once

#include <cstddef>
#include <vector>

#include "format/iceberg/schema.h"

namespace sluice::iceberg {

Json manifest_entry_schema(int format_version, const std::vector<Column>& partition);
Json manifest_list_schema(int format_version);

// How many bytes a fixed needs for a decimal of so many digits.
std::size_t decimal_bytes(int precision);

}  // namespace sluice::iceberg
