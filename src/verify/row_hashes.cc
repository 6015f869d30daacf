#include "verify/row_hashes.h"

#include <algorithm>
#include <tuple>
namespace sluice {
namespace {

auto order(const HashedRow& row) {
  return std::tie(row.key_high, row.key_low, row.row_high, row.row_low);
}

// Rows of one key that are on one side more often than on the other.
struct Surplus {
  Hash128 row;
  std::uint64_t source_count;
  std::uint64_t target_count;
  std::uint64_t rows;  // not paired yet
};

void pair_up(std::vector<Surplus>& source, std::vector<Surplus>& target,
             std::vector<HashedDifference>& out) {
  std::size_t s = 0;
  std::size_t t = 0;
  while (s < source.size() && t < target.size()) {
    const std::uint64_t rows = std::min(source[s].rows, target[t].rows);
    out.push_back(
        {source[s].row, target[t].row, source[s].source_count, target[t].target_count, rows});
    source[s].rows -= rows;
    target[t].rows -= rows;
    if (source[s].rows == 0) ++s;
    if (target[t].rows == 0) ++t;
  }
  for (; s < source.size(); ++s) {
    out.push_back({source[s].row, std::nullopt, source[s].source_count, source[s].target_count,
                   source[s].rows});
  }
  for (; t < target.size(); ++t) {
    out.push_back({std::nullopt, target[t].row, target[t].source_count, target[t].target_count,
                   target[t].rows});
  }
}

}  // namespace

void RowHasher::start(const Batch& batch) {
  row_hashes_ = &rows_.of(batch);
  key_hashes_ = row_hashes_;
  if (key_.empty()) return;
  Batch key;
  key.rows = batch.rows;
  for (const std::size_t column : key_) key.columns.push_back(batch.columns[column]);
  key_hashes_ = &keys_.of(key);
}

HashedRow RowHasher::hash(std::size_t row) const {
  return {(*key_hashes_)[row], (*row_hashes_)[row]};
}

void sort_and_merge(std::vector<HashedRow>& rows) {
  std::sort(rows.begin(), rows.end(),
            [](const HashedRow& a, const HashedRow& b) { return order(a) < order(b); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept > 0 && order(rows[kept - 1]) == order(rows[i])) {
      rows[kept - 1].count += rows[i].count;
    } else {
      rows[kept++] = rows[i];
    }
  }
  rows.resize(kept);
}

std::vector<HashedDifference> subtract(const std::vector<HashedRow>& source,
                                       const std::vector<HashedRow>& target) {
  std::vector<HashedDifference> out;
  std::vector<Surplus> more_in_source;
  std::vector<Surplus> more_in_target;
  const auto add = [&](Hash128 row, std::uint64_t in_source, std::uint64_t in_target) {
    if (in_source > in_target) {
      more_in_source.push_back({row, in_source, in_target, in_source - in_target});
    } else if (in_target > in_source) {
      more_in_target.push_back({row, in_source, in_target, in_target - in_source});
    }
  };
  std::size_t s = 0;
  std::size_t t = 0;
  while (s < source.size() || t < target.size()) {
    const bool from_source =
        t == target.size() || (s < source.size() && order(source[s]) <= order(target[t]));
    const Hash128 key = from_source ? source[s].key() : target[t].key();
    more_in_source.clear();
    more_in_target.clear();
    while ((s < source.size() && source[s].key() == key) ||
           (t < target.size() && target[t].key() == key)) {
      const bool has_source = s < source.size() && source[s].key() == key;
      const bool has_target = t < target.size() && target[t].key() == key;
      if (has_source && has_target && order(source[s]) == order(target[t])) {
        add(source[s].row(), source[s].count, target[t].count);
        ++s;
        ++t;
      } else if (has_source && (!has_target || order(source[s]) < order(target[t]))) {
        add(source[s].row(), source[s].count, 0);
        ++s;
      } else {
        add(target[t].row(), 0, target[t].count);
        ++t;
      }
    }
    pair_up(more_in_source, more_in_target, out);
  }
  return out;
}

}  // namespace sluice
