// Private to endpoint/iceberg: how big data files are to be.
#pragma once

#include <cstdint>
#include <optional>

#include "format/iceberg/metadata.h"
#include "model/location.h"

namespace sluice::iceberg {

inline constexpr const char* kFileSizeProperty = "write.target-file-size-bytes";

// What a location wants new tables to have: ?target_file_size=128MB. Errors: kInvalid.
Result<std::optional<std::uint64_t>> wanted_file_bytes(const Location& location);

// What the table's property says; nothing where it says nothing that is a size.
std::optional<std::uint64_t> file_bytes_of(const TableMetadata& metadata);

}  // namespace sluice::iceberg
