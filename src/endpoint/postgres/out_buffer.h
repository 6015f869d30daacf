// Bytes on their way to the server.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace sluice::postgres {

// Bytes that grow at the end; never shrinks, never initialises.
class OutBuffer {
 public:
  // Room for `bytes` more, to be taken with advance().
  char* reserve(std::size_t bytes) {
    if (size_ + bytes > capacity_) grow(bytes);
    return data_.get() + size_;
  }
  void advance(std::size_t bytes) { size_ += bytes; }
  void append(std::string_view bytes);
  char* at(std::size_t offset) { return data_.get() + offset; }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_.get(), size_}; }
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t bytes);
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace sluice::postgres
