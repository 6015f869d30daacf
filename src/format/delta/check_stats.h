// Statistics of a file against the values that a scan found. What readers skip files by is what
// counts: bounds, and numbers of NULLs. A bound is typed, so that comparing is the engine's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/delta/check_files.h"

namespace sluice::delta {

// `low` must not be above `high`, read as `type`.
struct Bound {
  std::string type;  // the engine's; "" for text, whose bytes are compared
  std::string low;
  std::string high;
  bool counts_if_unreadable = true;  // a bound that is no value of the type is wrong
};

// Wrong if `bound` does not hold; where there is none it is wrong.
struct Suspicion {
  LakeFinding finding;
  std::optional<Bound> bound;
};

// Nothing for a file that was not scanned.
std::vector<Suspicion> suspect_stats(const AddFile& file, const FileFacts& facts,
                                     const TableSchema& schema,
                                     const std::vector<LeafColumn>& leaves,
                                     const std::string& table);

}  // namespace sluice::delta
