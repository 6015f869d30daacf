// Private to endpoint/iceberg: which snapshots of a table may go. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "endpoint/lake_keeper.h"
#include "format/iceberg/metadata.h"

namespace sluice::iceberg {

struct ExpireChoice {
  std::vector<const Snapshot*> goes;  // the oldest first
  std::vector<const Snapshot*> stays;
  std::uint64_t of_runs = 0;                      // would go, but a run may go back to them
  std::uint64_t held_back = 0;                    // would go but for the grace
  std::map<std::int64_t, std::int64_t> since_ms;  // when one of `goes` was newest for the last time
};

// Never the newest, what a branch or a tag is, as many before a branch's end as the branch wants
// kept, and `needed`.
ExpireChoice choose_snapshots(const TableMetadata& metadata, const LakeExpiry& wanted,
                              const std::set<std::int64_t>& needed, std::int64_t now_ms);

}  // namespace sluice::iceberg
