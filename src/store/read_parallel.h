// A whole object by several ranges at once, all of the same version of it.
#pragma once

#include <string>

#include "store/store.h"

namespace sluice {

struct ParallelRead {
  std::uint64_t range_bytes = std::uint64_t{8} << 20U;
  int ranges_in_flight = 4;
};

// Errors: kConflict where the object changed between two ranges.
Result<std::string> read_parallel(Store& store, const std::string& key, const ParallelRead& how);

}  // namespace sluice
