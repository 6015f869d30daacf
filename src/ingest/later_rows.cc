#include "ingest/later_rows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <mutex>

#include "base/parallel.h"
#include "model/row_hashes.h"

namespace sluice::ingest {
namespace {

using Hash128 = unsigned __int128;

// Keys are parted by some bits of their hash, so that the table of one part stays in the cache.
constexpr std::size_t kParts = 64;

struct KeyedRow {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint32_t batch = 0;
  std::uint32_t row = 0;
};
using Parts = std::array<std::vector<KeyedRow>, kParts>;

struct RowPair {
  KeyedRow first;
  KeyedRow later;
};

Batch select_columns(const Batch& batch, const std::vector<std::size_t>& columns) {
  Batch out;
  out.rows = batch.rows;
  for (const std::size_t column : columns) out.columns.push_back(batch.columns[column]);
  return out;
}

class LaterRows {
 public:
  LaterRows(KeptRows& rows, const std::vector<std::size_t>& key, std::size_t planned, int threads)
      : rows_(rows), key_(key), planned_(planned), threads_(threads) {
    for (std::size_t i = 0; i < rows.batches(); ++i) {
      const ColumnView column = rows.batch(i).columns[planned + 1];
      record_hashes_.push_back(static_cast<const std::uint64_t*>(column.data));
    }
  }

  Status mark() {
    // A range is one of neighbours, so that a part's rows come in their order.
    std::vector<Parts> ranges(static_cast<std::size_t>(threads_));
    TRY(for_each_parallel(threads_, ranges.size(), [&](std::size_t i) -> Status {
      hash_keys(rows_.batches() * i / ranges.size(), rows_.batches() * (i + 1) / ranges.size(),
                ranges[i]);
      return {};
    }));
    TRY(for_each_parallel(threads_, kParts, [&](std::size_t part) -> Status {
      mark_part(ranges, part);
      return {};
    }));
    return suspects_.empty() ? Status() : compare_suspects();
  }

 private:
  void hash_keys(std::size_t begin, std::size_t end, Parts& parts) {
    RowHashes hasher;
    std::size_t rows = 0;
    for (std::size_t i = begin; i < end; ++i) rows += rows_.rows(i);
    for (auto& part : parts) part.reserve(rows / kParts + rows / kParts / 8);  // most have no more
    for (std::size_t i = begin; i < end; ++i) {
      const Batch batch = rows_.batch(i);
      const auto& hashes = hasher.of(select_columns(batch, key_));
      for (std::size_t row = 0; row < batch.rows; ++row) {
        if (rows_.marks(i)[row] != kStays) continue;
        const auto low = static_cast<std::uint64_t>(hashes[row]);
        parts[low % kParts].push_back({static_cast<std::uint64_t>(hashes[row] >> 64), low,
                                       static_cast<std::uint32_t>(i),
                                       static_cast<std::uint32_t>(row)});
      }
    }
  }

  void mark_part(const std::vector<Parts>& ranges, std::size_t part) {
    std::vector<KeyedRow> rows;
    for (const Parts& range : ranges) {
      rows.insert(rows.end(), range[part].begin(), range[part].end());
    }
    std::vector<std::uint32_t> slots(std::bit_ceil(rows.size() * 2 + 1));  // number of a row + 1
    const std::size_t mask = slots.size() - 1;
    std::vector<RowPair> suspects;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const KeyedRow& row = rows[i];
      std::size_t slot = row.high & mask;
      while (slots[slot] != 0 && !has_key(rows[slots[slot] - 1], row)) slot = (slot + 1) & mask;
      if (slots[slot] == 0) {
        slots[slot] = static_cast<std::uint32_t>(i + 1);
        continue;
      }
      const KeyedRow& first = rows[slots[slot] - 1];
      rows_.marks(row.batch)[row.row] = kInBatch;
      if (record_hash(first) != record_hash(row)) suspects.push_back({first, row});
    }
    if (suspects.empty()) return;
    const std::lock_guard lock(mutex_);
    suspects_.insert(suspects_.end(), suspects.begin(), suspects.end());
  }

  static bool has_key(const KeyedRow& one, const KeyedRow& other) {
    return one.high == other.high && one.low == other.low;
  }

  std::uint64_t record_hash(const KeyedRow& row) const {
    return record_hashes_[row.batch][row.row];
  }

  // Records of different texts may still give one row.
  Status compare_suspects() {
    std::map<std::uint32_t, std::vector<Hash128>> hashes;
    for (const RowPair& pair : suspects_) {
      hashes[pair.first.batch];
      hashes[pair.later.batch];
    }
    std::vector<std::uint32_t> batches;
    for (const auto& [batch, none] : hashes) batches.push_back(batch);
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < planned_; ++i) columns.push_back(i);
    TRY(for_each_parallel(threads_, batches.size(), [&](std::size_t i) -> Status {
      RowHashes hasher;
      hashes.at(batches[i]) = hasher.of(select_columns(rows_.batch(batches[i]), columns));
      return {};
    }));
    for (const RowPair& pair : suspects_) {
      const bool is_other = hashes.at(pair.first.batch)[pair.first.row] !=
                            hashes.at(pair.later.batch)[pair.later.row];
      if (is_other) rows_.marks(pair.later.batch)[pair.later.row] = kInBatchOther;
    }
    return {};
  }

  KeptRows& rows_;
  const std::vector<std::size_t>& key_;
  std::size_t planned_;
  int threads_;
  std::vector<const std::uint64_t*> record_hashes_;  // by batch
  std::mutex mutex_;
  std::vector<RowPair> suspects_;
};

}  // namespace

Status mark_later_rows(KeptRows& rows, const std::vector<std::size_t>& key, std::size_t planned,
                       int threads) {
  return LaterRows(rows, key, planned, threads).mark();
}

}  // namespace sluice::ingest
