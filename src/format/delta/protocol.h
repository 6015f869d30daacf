// Which tables can be read: protocol versions and table features ("Protocol Evolution", "Table
// Features"). What is not known is refused by its name.
#pragma once

#include <string>

#include "base/result.h"
#include "format/delta/actions.h"

namespace sluice::delta {

inline constexpr int kReaderVersionMax = 3;

// Errors: kUnsupported names the versions or the features; kCorrupt for a protocol that contradicts
// itself.
Status check_can_read(const Protocol& protocol, const Metadata& metadata, const std::string& table);

// Whether the table may use a feature that was there before feature lists: by its reader version,
// or by its list.
bool can_map_columns(const Protocol& protocol);

}  // namespace sluice::delta
