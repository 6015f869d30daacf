// A digest taken inside a SQL pipeline: sluice_tap(7, a, b) is always true and adds every row's
// hash to tap 7. The row passes unchanged, so what is digested is what is written.
//
// Use wrap(). A bare `WHERE sluice_tap(...)` is pushed by the optimizer below the filters and joins
// of the query that it stands on, where it sees other rows; a volatile column is not.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.h"
#include "model/zero_signs.h"

namespace sluice {

class DigestTap {
 public:
  // `rows_done` (may be null) is advanced with every row that passes.
  explicit DigestTap(std::atomic<std::uint64_t>* rows_done = nullptr);
  DigestTap(const DigestTap&) = delete;
  DigestTap& operator=(const DigestTap&) = delete;
  ~DigestTap();

  // A query with the rows and columns of `select_sql`, which are called `columns` in their order;
  // each row of its result has passed the tap once.
  std::string wrap(const std::string& select_sql, const std::vector<std::string>& columns) const;
  // "sluice_tap(7, "a", "b")" over these columns, by name.
  std::string predicate(const std::vector<std::string>& columns) const;
  // Requires: the query that used the predicate has ended.
  Digest digest() const;
  // Rows seen up to now; any thread may ask while the query runs.
  std::uint64_t rows() const { return rows_.load(std::memory_order_relaxed); }
  // Of the values, up to now; as rows().
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // Whether a column had -0.0 and 0.0. Requires: as for digest().
  bool saw_both_zeros() const;

  // Forgets what passed, and takes it off `rows_done`: the query is run once more. Requires: as for
  // digest().
  void restart();

  void add(const Digest& digest, std::uint64_t bytes, const ZeroSigns& zeros);
  static DigestTap* find(std::int64_t id);  // for the engine's callback

 private:
  std::int64_t id_;
  std::atomic<std::uint64_t>* rows_done_;
  mutable std::mutex mutex_;
  Digest digest_;
  ZeroSigns zeros_;
  std::atomic<std::uint64_t> rows_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace sluice
