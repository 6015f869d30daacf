// Private to endpoint/iceberg: which files of a table are to become one. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "endpoint/iceberg/live_files.h"

namespace sluice::iceberg {

// Files of one spec and one partition, by their places in LiveFiles::files(), whose rows are to be
// in one file.
using CompactBundle = std::vector<std::size_t>;

// What a file is worth to be written again for.
struct FileWear {
  std::uint64_t deleted = 0;  // rows that vectors and position deletes take out
  bool is_left = false;       // it cannot be written again
};

// Files smaller than half of the target, those of which a tenth of the rows or more is deleted, and
// those that equality deletes apply to, whose rows a reader has to look for; in the order in which
// manifests have them. A bundle has about `target_bytes`. One file alone is only written again for
// its deletes. `wear` is by file; files of `done`, by rows_key(), are left alone.
std::vector<CompactBundle> plan_bundles(const std::vector<LiveFile>& files,
                                        const std::vector<FileWear>& wear,
                                        std::uint64_t target_bytes,
                                        const std::set<std::string>& done);

}  // namespace sluice::iceberg
