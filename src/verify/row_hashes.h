// Private to verify/: rows as pairs of hashes, and what is left of two multisets of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/batch.h"
#include "model/row_hashes.h"

namespace sluice {

using Hash128 = unsigned __int128;

// One distinct row of one side, or several equal ones.
struct HashedRow {
  std::uint64_t key_high = 0;
  std::uint64_t key_low = 0;
  std::uint64_t row_high = 0;
  std::uint64_t row_low = 0;
  std::uint64_t count = 0;

  HashedRow() = default;
  HashedRow(Hash128 key, Hash128 row)
      : key_high(static_cast<std::uint64_t>(key >> 64)),
        key_low(static_cast<std::uint64_t>(key)),
        row_high(static_cast<std::uint64_t>(row >> 64)),
        row_low(static_cast<std::uint64_t>(row)),
        count(1) {}
  Hash128 key() const { return (static_cast<Hash128>(key_high) << 64) | key_low; }
  Hash128 row() const { return (static_cast<Hash128>(row_high) << 64) | row_low; }
};

// Hashes rows of batches; one for each thread. Without key columns a row is its own key.
class RowHasher {
 public:
  explicit RowHasher(const std::vector<std::size_t>& key) : key_(key) {}
  void start(const Batch& batch);
  HashedRow hash(std::size_t row) const;

 private:
  const std::vector<std::size_t>& key_;
  RowHashes rows_;
  RowHashes keys_;
  const std::vector<Hash128>* row_hashes_ = nullptr;
  const std::vector<Hash128>* key_hashes_ = nullptr;
};

// Sorts by key and row and merges equal rows into one with their count.
void sort_and_merge(std::vector<HashedRow>& rows);

// A difference between two multisets. Rows of one key that are on one side each are paired.
struct HashedDifference {
  std::optional<Hash128> source;  // the row, where the source has it (more often)
  std::optional<Hash128> target;
  std::uint64_t source_count = 0;  // of the source's row where there is one, else of the target's
  std::uint64_t target_count = 0;  // likewise
  std::uint64_t rows = 0;          // how many rows this stands for
};

// Requires: both sorted and merged. Returns: in the order of keys' hashes. Without keys nothing is
// paired.
std::vector<HashedDifference> subtract(const std::vector<HashedRow>& source,
                                       const std::vector<HashedRow>& target);

}  // namespace sluice
