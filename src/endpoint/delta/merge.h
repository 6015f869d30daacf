// Private to endpoint/delta: rows of a table that a merge replaces. The files that have them are
// written again without them.
#pragma once

#include <vector>

#include "endpoint/delta/run.h"

namespace sluice::delta {

struct ReplacedFiles {
  std::vector<RemoveFile> removes;
  std::vector<AddFile> adds;  // the rows of those that stay
};

// Looks for what has the key of a staged row. What an earlier try wrote is removed first; the files
// that are written were read back and have the same rows. Errors: kMismatch where they have not.
// Requires: no commit of the run names a file of it in this table.
Result<ReplacedFiles> replace_matching(const DeltaRun& run, const TargetTable& table,
                                       const TableState& now, TableState staged);

}  // namespace sluice::delta
