// One value as COPY's binary format has it: its length and its bytes. The format is described in
// binary_read.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "model/batch.h"
#include "model/target_table.h"

namespace sluice::postgres {

inline constexpr std::size_t kLengthBytes = 4;
inline constexpr std::int32_t kNullLength = -1;

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

// Writes the values of one column, of any type, one at a time.
class CellWriter {
 public:
  // Requires: the native type is that of Endpoint::rule for the column's type.
  explicit CellWriter(const TargetColumn& column);

  // Requires: `column` is typed by the constructor's at the top level. False for a value that the
  // target's type cannot hold.
  bool put(const ColumnView& column, std::size_t row, OutBuffer& out) const;

  const Type& type() const { return type_; }
  bool is_jsonb() const { return jsonb_; }

 private:
  bool put_cell(const Type& type, const ColumnView& column, std::size_t row, OutBuffer& out) const;
  bool put_list(const ColumnView& column, std::uint64_t offset, std::uint64_t length,
                OutBuffer& out) const;

  Type type_;
  std::uint32_t element_oid_ = 0;  // lists and arrays
  bool jsonb_ = false;
};

}  // namespace sluice::postgres
