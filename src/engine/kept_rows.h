// Rows in memory, in the engine's own layout: filled by threads of our own, without the engine's
// tables between, and seen by SQL without a copy (Engine::add_kept). Each row has a mark, which
// means something to its owner alone; a relation shows the rows of some marks.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "engine/table_source.h"
#include "model/batch.h"

namespace sluice {

// Marks are below kMarksMax; a set of them has the bit of each.
using Mark = std::uint8_t;
using MarkSet = std::uint32_t;
inline constexpr int kMarksMax = 32;
constexpr MarkSet mark_bit(Mark mark) { return MarkSet{1} << mark; }

class KeptRows {
 public:
  struct Limits {
    int threads = 1;
    std::uint64_t bytes_max = 0;
    const CancelToken* cancel = nullptr;  // may be null
  };

  // Reads a source to its end, all of its columns. Returns: null where it has more than bytes_max.
  // Errors: the source's, kCancelled.
  static Result<std::shared_ptr<KeptRows>> read(TableSource& source, const Limits& limits);
  ~KeptRows();
  KeptRows(const KeptRows&) = delete;
  KeptRows& operator=(const KeptRows&) = delete;

  const std::vector<SourceColumn>& columns() const { return columns_; }
  // In the order of the source's partitions, and within one in the order of its rows.
  std::size_t batches() const;
  // Valid as long as the rows are. May be asked for by several threads.
  Batch batch(std::size_t index) const;
  std::size_t rows(std::size_t index) const;
  // Of the rows of a batch. Not to be changed while SQL scans the rows.
  Mark* marks(std::size_t index);
  const Mark* marks(std::size_t index) const;
  std::uint64_t bytes() const { return bytes_; }

 private:
  friend class KeptScan;
  struct Chunk;
  class Filling;
  explicit KeptRows(std::vector<SourceColumn> columns);

  std::vector<SourceColumn> columns_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::uint64_t bytes_ = 0;
};

}  // namespace sluice
