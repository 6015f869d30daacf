// Whether a range can be read of an object, for stores that know the object before they read.
#pragma once

#include <string>

#include "store/store.h"

namespace sluice {

// Errors: kConflict where the object is another one than the range's etag says, kInvalid where the
// object ends before the range.
Status check_range(const std::string& address, const ObjectInfo& info, const ReadRange& range);

Error changed_while_read(const std::string& address);
Error ends_before(const std::string& address, std::uint64_t size, const ReadRange& range);

}  // namespace sluice
