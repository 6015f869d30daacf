#include "endpoint/iceberg/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "endpoint/iceberg/run.h"

namespace sluice::iceberg {
namespace {

std::string property(const Snapshot& snapshot, const std::string& name) {
  const auto at = snapshot.summary.find(name);
  return at == snapshot.summary.end() ? "" : at->second;
}

struct Counted {
  const char* name;  // in the summary
  const char* one;
  const char* many;
  const char* what;
};
constexpr std::array kCounted = {
    Counted{"added-data-files", "file", "files", "added"},
    Counted{"deleted-data-files", "file", "files", "removed"},
    Counted{"added-records", "row", "rows", "added"},
    Counted{"deleted-records", "row", "rows", "removed"},
    Counted{"added-delete-files", "delete file", "delete files", "added"},
    Counted{"removed-delete-files", "delete file", "delete files", "removed"},
    Counted{"added-position-deletes", "row", "rows", "deleted by place"},
    Counted{"added-equality-deletes", "row", "rows", "deleted by value"},
};

// "append: 3 files added, 41 rows added", as the snapshot's writer counted.
std::string words_of(const Snapshot& snapshot) {
  std::vector<std::string> parts;
  for (const Counted& counted : kCounted) {
    const std::string count = property(snapshot, counted.name);
    if (count.empty() || count == "0") continue;
    parts.push_back(
        fmt::format("{} {} {}", count, count == "1" ? counted.one : counted.many, counted.what));
  }
  const std::string operation = property(snapshot, "operation");
  return (operation.empty() ? "snapshot" : operation) + (parts.empty() ? "" : ": ") +
         join(parts, ", ");
}

}  // namespace

LakeSnapshotFacts snapshot_facts(const TableMetadata& metadata, const Snapshot& snapshot) {
  LakeSnapshotFacts out;
  out.number = snapshot.id;
  out.time = moment_text(snapshot.timestamp_ms);
  out.run = property(snapshot, kRunProperty);
  out.message = property(snapshot, "engine-name");
  out.changes.push_back(words_of(snapshot));
  for (const auto& [name, ref] : metadata.refs) {
    if (ref.snapshot_id != snapshot.id) continue;
    out.changes.push_back(fmt::format("{} \"{}\"", ref.is_tag ? "tag" : "branch", name));
  }
  return out;
}

std::vector<LakeSnapshotFacts> snapshots_of(const TableMetadata& metadata) {
  std::vector<const Snapshot*> sorted;
  for (const Snapshot& snapshot : metadata.snapshots) sorted.push_back(&snapshot);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Snapshot* a, const Snapshot* b) {
    return std::pair(a->sequence_number, a->timestamp_ms) <
           std::pair(b->sequence_number, b->timestamp_ms);
  });
  std::vector<LakeSnapshotFacts> out;
  for (const Snapshot* snapshot : sorted) out.push_back(snapshot_facts(metadata, *snapshot));
  return out;
}

}  // namespace sluice::iceberg
