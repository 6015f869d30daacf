// Private to endpoint/delta: which files of a table are to become one. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "endpoint/delta/table_state.h"

namespace sluice::delta {

// Files of one partition, by their places in Snapshot::files, whose rows are to be in one file.
using CompactBundle = std::vector<std::size_t>;

// A logical file: its path and the id of its deletion vector.
using FileKey = std::pair<std::string, std::string>;
FileKey key_of(const AddFile& file);

// Files smaller than half of the target, and those of which a tenth of the rows or more is deleted,
// in the order in which they were added; a bundle has about `target_bytes`. One file alone is only
// written again for its deleted rows. Files of `done` are left alone.
std::vector<CompactBundle> plan_bundles(const TableState& table, std::uint64_t target_bytes,
                                        const std::set<FileKey>& done);

}  // namespace sluice::delta
