#include "verify/row_differences.h"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <utility>

#include "verify/row_hashes.h"

namespace sluice {
namespace {

constexpr std::uint64_t kBucketsMin = 4096;
constexpr std::uint64_t kBucketsMax = 65536;
constexpr std::uint64_t kRowsPerBucket = 64;
constexpr int kGroupsMax = 16;  // each group reads both sides again

using Buckets = std::vector<Digest>;

// Groups of buckets; a bucket's flag is its group, 0 for a bucket without a difference.
struct Groups {
  std::vector<std::uint8_t> group_of;
  int count = 0;
  bool limited = false;
};

class RowFinder {
 public:
  RowFinder(Engine& engine, const PreparedSide& source, const PreparedSide& target,
            const std::vector<std::size_t>& key, const CompareOptions& options)
      : engine_(engine), sides_{&source, &target}, key_(key), options_(options) {
    scan_.threads = options.threads;
    scan_.rows_done = options.rows_done;
    scan_.cancel = options.cancel;
    const std::uint64_t memory =
        options.memory_bytes > 0 ? options.memory_bytes : engine.options().memory_bytes / 8;
    // A growing vector holds its rows up to twice.
    rows_max_ = std::max<std::uint64_t>(kBatchRowsMax, memory / sizeof(HashedRow) / 2);
  }

  Result<RowComparison> run() {
    TRY_ASSIGN(const Buckets source, read_buckets(0));
    TRY_ASSIGN(const Buckets target, read_buckets(1));
    for (const Digest& bucket : source) out_.source += bucket;
    for (const Digest& bucket : target) out_.target += bucket;
    const Groups groups = group_differing(source, target);
    out_.limited = groups.limited;
    for (int group = 1; group <= groups.count; ++group) TRY(subtract_group(groups, group));
    TRY(read_shown());
    return std::move(out_);
  }

 private:
  std::uint64_t bucket_count() const {
    const std::uint64_t rows = std::max(sides_[0]->rows_estimate, sides_[1]->rows_estimate);
    if (rows == 0) return kBucketsMax;
    return std::clamp(std::bit_ceil(rows / kRowsPerBucket + 1), kBucketsMin, kBucketsMax);
  }
  std::uint64_t bucket_of(const HashedRow& row) const { return row.key_low & (buckets_ - 1); }

  // Pass 1.
  Result<Buckets> read_buckets(int side) {
    const auto threads = static_cast<std::size_t>(scan_threads(engine_, scan_));
    std::vector<Buckets> all(threads, Buckets(buckets_));
    TRY(scan_side(engine_, *sides_[side], scan_, [&](int thread) -> BatchVisitor {
      Buckets* buckets = &all[static_cast<std::size_t>(thread)];
      return [this, buckets, hasher = RowHasher(key_)](const Batch& batch) mutable -> Status {
        hasher.start(batch);
        for (std::size_t i = 0; i < batch.rows; ++i) {
          const HashedRow row = hasher.hash(i);
          (*buckets)[bucket_of(row)] += Digest{row.row(), 1};
        }
        return {};
      };
    }));
    for (std::size_t thread = 1; thread < threads; ++thread) {
      for (std::size_t i = 0; i < buckets_; ++i) all[0][i] += all[thread][i];
    }
    return std::move(all[0]);
  }

  Groups group_differing(const Buckets& source, const Buckets& target) const {
    Groups groups;
    groups.group_of.resize(buckets_);
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < buckets_; ++i) {
      if (source[i] == target[i]) continue;
      const std::uint64_t more = source[i].rows + target[i].rows;
      if (groups.count == 0 || rows + more > rows_max_) {
        if (groups.count == kGroupsMax) {
          groups.limited = true;
          break;
        }
        ++groups.count;
        rows = 0;
      }
      rows += more;
      groups.group_of[i] = static_cast<std::uint8_t>(groups.count);
    }
    return groups;
  }

  // Pass 2, for one group.
  Status subtract_group(const Groups& groups, int group) {
    std::vector<HashedRow> rows[2];
    for (const int side : {0, 1}) {
      bool whole = true;
      TRY(read_group(side, groups, group, rows[side], whole));
      if (!whole) {
        out_.limited = true;
        return {};
      }
    }
    for (const HashedDifference& difference : subtract(rows[0], rows[1])) {
      if (difference.source && difference.target) {
        out_.rows_changed += difference.rows;
      } else if (difference.source) {
        out_.rows_only_source += difference.rows;
      } else {
        out_.rows_only_target += difference.rows;
      }
      if (shown_.size() < static_cast<std::size_t>(std::max(0, options_.differences_max))) {
        shown_.push_back(difference);
      }
    }
    return {};
  }

  // `whole`: false where the rows do not fit, because one bucket alone is too large.
  Status read_group(int side, const Groups& groups, int group, std::vector<HashedRow>& rows,
                    bool& whole) {
    std::mutex mutex;
    std::atomic<bool> stop{false};
    TRY(scan_side(
        engine_, *sides_[side], scan_,
        [&](int) -> BatchVisitor {
          return [&, hasher = RowHasher(key_),
                  found = std::vector<HashedRow>()](const Batch& batch) mutable -> Status {
            hasher.start(batch);
            found.clear();
            for (std::size_t i = 0; i < batch.rows; ++i) {
              const HashedRow row = hasher.hash(i);
              if (groups.group_of[bucket_of(row)] == group) found.push_back(row);
            }
            if (found.empty()) return {};
            const std::lock_guard lock(mutex);
            if (rows.size() + found.size() > rows_max_) {
              sort_and_merge(rows);  // equal rows may be many
              if (rows.size() > rows_max_ / 4 * 3) stop = true;
            }
            rows.insert(rows.end(), found.begin(), found.end());
            return {};
          };
        },
        &stop));
    whole = !stop;
    sort_and_merge(rows);
    return {};
  }

  // Pass 3.
  struct ShownRow {
    bool found = false;
    std::vector<std::string> bytes;  // canonical, one a column
    std::vector<std::optional<std::string>> texts;
  };
  using ShownRows = std::map<Hash128, ShownRow>;

  Status read_shown() {
    for (const HashedDifference& difference : shown_) {
      if (difference.source) texts_[0][*difference.source];
      if (difference.target) texts_[1][*difference.target];
    }
    for (const int side : {0, 1}) TRY(read_texts(side));
    for (const HashedDifference& difference : shown_) out_.differences.push_back(name(difference));
    std::stable_sort(out_.differences.begin(), out_.differences.end(),
                     [](const RowMismatch& a, const RowMismatch& b) { return a.key < b.key; });
    return {};
  }

  Status read_texts(int side) {
    ShownRows& wanted = texts_[side];
    if (wanted.empty()) return {};
    std::mutex mutex;
    std::size_t missing = wanted.size();
    std::atomic<bool> stop{false};
    return scan_side(
        engine_, *sides_[side], scan_,
        [&](int) -> BatchVisitor {
          return [&, hasher = RowHasher(key_)](const Batch& batch) mutable -> Status {
            hasher.start(batch);
            for (std::size_t i = 0; i < batch.rows; ++i) {
              const auto at = wanted.find(hasher.hash(i).row());
              if (at == wanted.end()) continue;
              const std::lock_guard lock(mutex);
              if (at->second.found) continue;
              keep(batch, i, at->second);
              if (--missing == 0) stop = true;
            }
            return {};
          };
        },
        &stop);
  }

  static void keep(const Batch& batch, std::size_t row, ShownRow& out) {
    for (const ColumnView& column : batch.columns) {
      append_canonical(column, row, out.bytes.emplace_back());
      out.texts.push_back(display_value(column, row));
    }
    out.found = true;
  }

  // Not found again (the relation changed between the passes): all cells stay empty.
  RowMismatch name(const HashedDifference& difference) const {
    RowMismatch out;
    out.source_count = difference.source_count;
    out.target_count = difference.target_count;
    out.side = !difference.target   ? RowMismatch::Side::kSource
               : !difference.source ? RowMismatch::Side::kTarget
                                    : RowMismatch::Side::kBoth;
    const ShownRow* rows[2] = {
        difference.source ? &texts_[0].at(*difference.source) : nullptr,
        difference.target ? &texts_[1].at(*difference.target) : nullptr,
    };
    for (const ShownRow*& row : rows) {
      if (row != nullptr && !row->found) row = nullptr;
    }
    const int any = rows[0] != nullptr ? 0 : 1;
    if (rows[any] == nullptr) return out;
    for (const std::size_t column : key_) {
      out.key.emplace_back(sides_[any]->columns[column].name, rows[any]->texts[column]);
    }
    for (std::size_t i = 0; i < sides_[0]->columns.size(); ++i) {
      const bool both = rows[0] != nullptr && rows[1] != nullptr;
      if (both && rows[0]->bytes[i] == rows[1]->bytes[i]) continue;
      if (rows[0]) out.source.emplace_back(sides_[0]->columns[i].name, rows[0]->texts[i]);
      if (rows[1]) out.target.emplace_back(sides_[1]->columns[i].name, rows[1]->texts[i]);
    }
    return out;
  }

  Engine& engine_;
  const PreparedSide* sides_[2];
  const std::vector<std::size_t>& key_;
  const CompareOptions& options_;
  ScanOptions scan_;
  std::uint64_t rows_max_ = 0;
  std::uint64_t buckets_ = bucket_count();
  std::vector<HashedDifference> shown_;
  ShownRows texts_[2];
  RowComparison out_;
};

}  // namespace

Result<RowComparison> compare_rows(Engine& engine, const PreparedSide& source,
                                   const PreparedSide& target, const std::vector<std::size_t>& key,
                                   const CompareOptions& options) {
  return RowFinder(engine, source, target, key, options).run();
}

}  // namespace sluice
