// Private to verify/: finds the rows that differ.
//
// Pass 1 streams both sides once and keeps a digest for each of 4096 to 65536 buckets; a row's
// bucket is by the hash of its key, or of the whole row where there is none. Pass 2 reads both
// sides again and keeps hashes of the rows of the buckets that differ, group by group so that they
// fit in the memory, and pairs what is left after equal rows cancel out. Pass 3 reads the values of
// the rows that are to be shown.
#pragma once

#include <cstdint>
#include <vector>

#include "verify/compare.h"

namespace sluice {

struct RowComparison {
  Digest source;
  Digest target;
  std::uint64_t rows_only_source = 0;
  std::uint64_t rows_only_target = 0;
  std::uint64_t rows_changed = 0;
  bool limited = false;
  std::vector<RowMismatch> differences;
};

// Requires: column i of both sides is compared with each other. `key`: indexes of columns, may be
// empty. `options`: differences_max, threads, memory_bytes, rows_done and cancel are used.
Result<RowComparison> compare_rows(Engine& engine, const PreparedSide& source,
                                   const PreparedSide& target, const std::vector<std::size_t>& key,
                                   const CompareOptions& options);

}  // namespace sluice
