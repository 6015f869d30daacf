#include "endpoint/postgres/out_buffer.h"

#include <algorithm>
#include <cstring>

namespace sluice::postgres {

void OutBuffer::grow(std::size_t bytes) {
  static constexpr std::size_t kBytesMin = 1 << 16;
  const std::size_t capacity = std::max({kBytesMin, capacity_ * 2, size_ + bytes});
  std::unique_ptr<char[]> bigger(new char[capacity]);
  if (size_ > 0) std::memcpy(bigger.get(), data_.get(), size_);
  data_ = std::move(bigger);
  capacity_ = capacity;
}

void OutBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
  advance(bytes.size());
}

}  // namespace sluice::postgres
