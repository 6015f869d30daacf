// Private to delta_catalog: which part of a log a catalog lacks.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "format/delta/log_files.h"

namespace sluice {

struct LogRange {
  // Where the log does not begin with version 0: what stands for all before it.
  std::optional<delta::CheckpointFiles> checkpoint;
  delta::Version first = 0;  // commit; behind the checkpoint where there is one
  delta::Version last = 0;   // the newest of the log; below `first`: there is no commit

  bool is_empty() const { return !checkpoint && last < first; }
};

// All that can still be read. `table`: for errors. Errors: kNotFound for an empty log, kCorrupt for
// a gap.
Result<LogRange> whole_log(const delta::LogListing& listing, const std::string& table);

// Behind a version that the catalog has. Errors: kConflict where the log is older than that or has
// lost the commits in between.
Result<LogRange> log_after(const delta::LogListing& listing, delta::Version version,
                           const std::string& table);

}  // namespace sluice
