// Rows on their way from the thread that reads and encodes them to the one that inserts them:
// SQLite has one writer, so the work beside it has to be elsewhere.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "endpoint/sqlite/cell.h"

namespace sluice::sqlite {

inline constexpr std::uint64_t kBlockBytesMax = std::uint64_t{1} << 22;  // but for a single row

// Rows by row, with their bytes.
class RowBlock {
 public:
  // Empty, for rows of so many columns; keeps the memory that it has.
  void start(std::size_t columns);
  // Copies the bytes.
  void add(Cell cell);
  std::size_t rows() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  const Cell* row(std::size_t index) const { return &cells_[index * columns_]; }
  std::uint64_t bytes() const { return bytes_; }  // of the values

 private:
  struct Piece {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::size_t columns_ = 0;
  std::vector<Cell> cells_;
  std::vector<Piece> pieces_;
  char* free_ = nullptr;  // in the last piece
  std::size_t left_ = 0;
  std::uint64_t bytes_ = 0;
};

// Bounded in blocks and in bytes; one thread on either side.
class RowQueue {
 public:
  // A block to fill.
  std::unique_ptr<RowBlock> fresh();
  // Waits for room. False: nobody takes any more.
  bool push(std::unique_ptr<RowBlock> block);
  // There will be no more. What is in the queue can still be taken.
  void close();

  // Waits for a block. Null: there are no more.
  std::unique_ptr<RowBlock> take();
  // A block whose rows are done with.
  void give_back(std::unique_ptr<RowBlock> block);
  // Nothing will be taken any more.
  void abandon();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<RowBlock>> blocks_;
  std::vector<std::unique_ptr<RowBlock>> spare_;
  std::uint64_t bytes_ = 0;  // of the blocks
  bool closed_ = false;
  bool abandoned_ = false;
};

}  // namespace sluice::sqlite
