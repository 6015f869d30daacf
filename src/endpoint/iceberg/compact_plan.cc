#include "endpoint/iceberg/compact_plan.h"

#include <algorithm>
#include <map>

namespace sluice::iceberg {
namespace {

constexpr std::uint64_t kDeletedShare = 10;  // of so many rows one: that is worth a rewrite

struct Candidate {
  std::size_t place = 0;
  std::uint64_t bytes = 0;  // of its rows that are not deleted
  bool is_worn = false;
};

Candidate candidate_of(const LiveFile& file, std::size_t place, const FileWear& wear) {
  const auto positive = [](std::int64_t number) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number));
  };
  Candidate out;
  out.place = place;
  out.bytes = positive(file.data().file_size);
  const std::uint64_t rows = positive(file.data().record_count);
  const bool is_much = wear.deleted > 0 && wear.deleted * kDeletedShare >= rows;
  out.is_worn = is_much || !file.deletes.equality.empty();
  if (rows > 0) out.bytes = out.bytes / rows * (rows - std::min(rows, wear.deleted));
  return out;
}

// The next files that fit into one; `at` goes past them.
CompactBundle take_bundle(const std::vector<Candidate>& candidates, std::uint64_t target_bytes,
                          std::size_t& at) {
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
  return is_worth_it ? bundle : CompactBundle();
}

}  // namespace

std::vector<CompactBundle> plan_bundles(const std::vector<LiveFile>& files,
                                        const std::vector<FileWear>& wear,
                                        std::uint64_t target_bytes,
                                        const std::set<std::string>& done) {
  std::map<std::string, std::vector<Candidate>> partitions;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (wear[i].is_left || done.contains(rows_key(files[i]))) continue;
    const Candidate one = candidate_of(files[i], i, wear[i]);
    if (!one.is_worn && one.bytes >= target_bytes / 2) continue;
    partitions[partition_key(*files[i].spec, files[i].data())].push_back(one);
  }
  std::vector<CompactBundle> out;
  for (const auto& [key, candidates] : partitions) {
    for (std::size_t at = 0; at < candidates.size();) {
      CompactBundle bundle = take_bundle(candidates, target_bytes, at);
      if (!bundle.empty()) out.push_back(std::move(bundle));
    }
  }
  return out;
}

}  // namespace sluice::iceberg
