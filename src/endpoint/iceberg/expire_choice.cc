#include "endpoint/iceberg/expire_choice.h"

#include <algorithm>
#include <set>

namespace sluice::iceberg {
namespace {

std::set<std::int64_t> protected_ids(const TableMetadata& metadata) {
  std::set<std::int64_t> out;
  if (metadata.current_snapshot_id) out.insert(*metadata.current_snapshot_id);
  for (const auto& [name, ref] : metadata.refs) {
    out.insert(ref.snapshot_id);
    if (ref.is_tag) continue;
    std::int32_t more = ref.min_snapshots_to_keep.value_or(1) - 1;
    const Snapshot* at = metadata.find_snapshot(ref.snapshot_id);
    for (; more > 0 && at != nullptr && at->parent_id; --more) {
      at = metadata.find_snapshot(*at->parent_id);
      if (at != nullptr) out.insert(at->id);
    }
  }
  return out;
}

// When a snapshot's place was taken: by the table's log, else by its children.
std::int64_t replaced_ms(const TableMetadata& metadata, const Snapshot& snapshot) {
  std::int64_t out = snapshot.timestamp_ms;
  const auto& log = metadata.snapshot_log;
  for (std::size_t i = 0; i + 1 < log.size(); ++i) {
    if (log[i].snapshot_id == snapshot.id) out = std::max(out, log[i + 1].timestamp_ms);
  }
  for (const Snapshot& child : metadata.snapshots) {
    if (child.parent_id == snapshot.id) out = std::max(out, child.timestamp_ms);
  }
  return out;
}

}  // namespace

ExpireChoice choose_snapshots(const TableMetadata& metadata, const LakeExpiry& wanted,
                              const std::set<std::int64_t>& needed, std::int64_t now_ms) {
  std::vector<const Snapshot*> sorted;
  for (const Snapshot& snapshot : metadata.snapshots) sorted.push_back(&snapshot);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Snapshot* a, const Snapshot* b) {
    return std::pair(a->sequence_number, a->timestamp_ms) <
           std::pair(b->sequence_number, b->timestamp_ms);
  });
  const std::set<std::int64_t> kept = protected_ids(metadata);
  ExpireChoice out;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const Snapshot& snapshot = *sorted[i];
    const bool is_among_newest =
        wanted.keep && i + std::max<std::uint64_t>(*wanted.keep, 1) >= sorted.size();
    const bool is_young = wanted.before_us && snapshot.timestamp_ms * 1000 >= *wanted.before_us;
    const std::int64_t since = replaced_ms(metadata, snapshot);
    const bool is_wanted = kept.contains(snapshot.id) || is_among_newest || is_young;
    const bool is_needed = needed.contains(snapshot.id);
    if (!is_wanted && is_needed) ++out.of_runs;
    const bool is_recent = since > now_ms - wanted.grace.count();
    if (!is_wanted && !is_needed && is_recent) ++out.held_back;
    if (is_wanted || is_needed || is_recent) {
      out.stays.push_back(&snapshot);
      continue;
    }
    out.goes.push_back(&snapshot);
    out.since_ms[snapshot.id] = since;
  }
  return out;
}

}  // namespace sluice::iceberg
