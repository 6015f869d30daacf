#include "endpoint/sqlite/row_queue.h"

#include <algorithm>
#include <cstring>

namespace sluice::sqlite {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18;
constexpr std::size_t kBlocksMax = 8;
constexpr std::uint64_t kBytesMax = 2 * kBlockBytesMax;

}  // namespace

void RowBlock::start(std::size_t columns) {
  columns_ = columns;
  cells_.clear();
  bytes_ = 0;
  if (pieces_.size() > 1) pieces_.resize(1);
  free_ = pieces_.empty() ? nullptr : pieces_[0].bytes.get();
  left_ = pieces_.empty() ? 0 : pieces_[0].size;
}

void RowBlock::add(Cell cell) {
  bytes_ += cell.is_text() || cell.is_blob() ? cell.bytes.size() : sizeof(cell.integer);
  if (!cell.bytes.empty()) {
    if (cell.bytes.size() > left_) {
      left_ = std::max(kPieceBytes, cell.bytes.size());
      pieces_.push_back({std::unique_ptr<char[]>(new char[left_]), left_});
      free_ = pieces_.back().bytes.get();
    }
    std::memcpy(free_, cell.bytes.data(), cell.bytes.size());
    cell.bytes = {free_, cell.bytes.size()};
    free_ += cell.bytes.size();
    left_ -= cell.bytes.size();
  }
  cells_.push_back(cell);
}

std::unique_ptr<RowBlock> RowQueue::fresh() {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) return std::make_unique<RowBlock>();
  std::unique_ptr<RowBlock> block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

void RowQueue::give_back(std::unique_ptr<RowBlock> block) {
  const std::lock_guard lock(mutex_);
  spare_.push_back(std::move(block));
}

bool RowQueue::push(std::unique_ptr<RowBlock> block) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [&] { return abandoned_ || (blocks_.size() < kBlocksMax && bytes_ < kBytesMax); });
  if (abandoned_) return false;
  bytes_ += block->bytes();
  blocks_.push_back(std::move(block));
  changed_.notify_all();
  return true;
}

void RowQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::unique_ptr<RowBlock> RowQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || !blocks_.empty(); });
  if (blocks_.empty()) return nullptr;
  std::unique_ptr<RowBlock> block = std::move(blocks_.front());
  blocks_.pop_front();
  bytes_ -= block->bytes();
  changed_.notify_all();
  return block;
}

void RowQueue::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  blocks_.clear();
  bytes_ = 0;
  changed_.notify_all();
}

}  // namespace sluice::sqlite
