#include "endpoint/delta/compact_plan.h"

#include <algorithm>
#include <map>

#include "format/delta/file_stats.h"

namespace sluice::delta {
namespace {

constexpr std::uint64_t kDeletedShare = 10;  // of so many rows one: that is worth a rewrite

// Files with the same values of the partition, however they are spelled in the log.
std::map<std::string, std::string> partition_of(const AddFile& file) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : file.partition_values) {
    if (value && !value->empty()) out[name] = *value;
  }
  return out;
}

struct Candidate {
  std::size_t place = 0;
  std::uint64_t bytes = 0;  // of its rows that are not deleted
  bool is_worn = false;
};

Candidate candidate_of(const AddFile& file, std::size_t place) {
  Candidate out;
  out.place = place;
  out.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.bytes));
  if (!file.deletion_vector || file.deletion_vector->cardinality <= 0) return out;
  const auto deleted = static_cast<std::uint64_t>(file.deletion_vector->cardinality);
  const std::uint64_t rows = rows_of(file).value_or(deleted);
  out.is_worn = deleted * kDeletedShare >= rows;
  if (rows > 0) out.bytes = out.bytes / rows * (rows - std::min(rows, deleted));
  return out;
}

}  // namespace

FileKey key_of(const AddFile& file) {
  return {file.path, file.deletion_vector ? file.deletion_vector->unique_id() : ""};
}

std::vector<CompactBundle> plan_bundles(const TableState& table, std::uint64_t target_bytes,
                                        const std::set<FileKey>& done) {
  std::map<std::map<std::string, std::string>, std::vector<Candidate>> partitions;
  for (std::size_t i = 0; i < table.snapshot.files.size(); ++i) {
    const AddFile& file = table.snapshot.files[i].add;
    if (done.contains(key_of(file))) continue;
    const Candidate one = candidate_of(file, i);
    if (one.is_worn || one.bytes < target_bytes / 2) partitions[partition_of(file)].push_back(one);
  }
  std::vector<CompactBundle> out;
  for (const auto& [values, candidates] : partitions) {
    for (std::size_t at = 0; at < candidates.size();) {
      CompactBundle bundle;
      std::uint64_t bytes = 0;
      bool is_worth_it = false;
      for (; at < candidates.size(); ++at) {
        const Candidate& one = candidates[at];
        if (!bundle.empty() && bytes + one.bytes > target_bytes) break;
        bundle.push_back(one.place);
        bytes += one.bytes;
        is_worth_it = is_worth_it || one.is_worn || bundle.size() > 1;
      }
      if (is_worth_it) out.push_back(std::move(bundle));
    }
  }
  return out;
}

}  // namespace sluice::delta
