#include "engine/kept_rows.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "base/parallel.h"
#include "engine/kept_chunk.h"
#include "model/batch_bytes.h"

namespace sluice {

// Threads take partitions as the engine's scan does, and make chunks until one says that it is
// enough.
class KeptRows::Filling {
 public:
  Filling(KeptRows& rows, TableSource& source, const Limits& limits)
      : rows_(rows), source_(source), limits_(limits), filled_(source.partitions()) {
    for (std::size_t i = 0; i < rows.columns_.size(); ++i) {
      all_.push_back(i);
      types_.push_back(duck_type(rows.columns_[i].type));
    }
  }

  // Returns: false where there are more bytes than are allowed.
  Result<bool> run() {
    TRY(for_each_parallel(limits_.threads, filled_.size(),
                          [this](std::size_t partition) { return read(partition); }));
    if (is_full_) return false;
    for (auto& chunks : filled_) {
      for (auto& chunk : chunks) rows_.chunks_.push_back(std::move(chunk));
    }
    rows_.bytes_ = bytes_;
    return true;
  }

 private:
  Status read(std::size_t partition) {
    if (is_full_) return {};
    TRY_ASSIGN(const auto reader, source_.open(partition, all_));
    while (!is_full_) {
      if (limits_.cancel != nullptr) TRY(limits_.cancel->check());
      auto chunk = std::make_unique<Chunk>(types_);
      std::vector<ColumnWriter> writers;
      for (std::size_t i = 0; i < all_.size(); ++i) {
        writers.emplace_back(chunk->vector(i), &rows_.columns_[i].type);
      }
      TRY_ASSIGN(chunk->rows, reader->read(writers, kBatchRowsMax));
      if (chunk->rows == 0) break;
      add_bytes(*chunk);
      filled_[partition].push_back(std::move(chunk));
    }
    return {};
  }

  void add_bytes(const Chunk& chunk) {
    const std::uint64_t more =
        Chunk::cell_bytes(rows_.columns_) + value_bytes(chunk.batch(rows_.columns_));
    if (bytes_ += more; bytes_ > limits_.bytes_max) is_full_ = true;
  }

  KeptRows& rows_;
  TableSource& source_;
  const Limits& limits_;
  std::vector<std::size_t> all_;
  std::vector<DuckType> types_;
  std::vector<std::vector<std::unique_ptr<Chunk>>> filled_;  // by partition
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> is_full_{false};
};

KeptRows::KeptRows(std::vector<SourceColumn> columns) : columns_(std::move(columns)) {}
KeptRows::~KeptRows() = default;

Result<std::shared_ptr<KeptRows>> KeptRows::read(TableSource& source, const Limits& limits) {
  std::shared_ptr<KeptRows> rows(new KeptRows(source.columns()));
  TRY_ASSIGN(const bool fits, Filling(*rows, source, limits).run());
  if (!fits) rows.reset();
  return rows;
}

std::size_t KeptRows::batches() const { return chunks_.size(); }
Batch KeptRows::batch(std::size_t index) const { return chunks_[index]->batch(columns_); }
std::size_t KeptRows::rows(std::size_t index) const { return chunks_[index]->rows; }
Mark* KeptRows::marks(std::size_t index) { return chunks_[index]->marks.data(); }
const Mark* KeptRows::marks(std::size_t index) const { return chunks_[index]->marks.data(); }

}  // namespace sluice
