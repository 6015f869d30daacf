// Batches encoded as COPY ... FROM STDIN (FORMAT binary), into one buffer that is used again and
// again. The format is described in binary_read.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/batch.h"
#include "model/target_table.h"

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

class BinaryEncoder {
 public:
  // Requires: the native types are those of Endpoint::rule for the columns' types.
  BinaryEncoder(std::string table, const std::vector<TargetColumn>& columns);

  void begin();  // the header
  // Requires: batch.columns are the constructor's, typed by them at the top level.
  // Errors: kWouldLoseData for a value that the target's type cannot hold.
  Status add_row(const Batch& batch, std::size_t row);
  void end();  // the end mark

  std::string_view bytes() const { return out_.view(); }
  void clear() { out_.clear(); }

 private:
  struct Cell {
    Type type;
    std::uint32_t element_oid = 0;  // lists and arrays
    bool jsonb = false;
  };
  bool put(const Cell& cell, const Type& type, const ColumnView& column, std::size_t row);
  bool put_integer(const Type& type, const ColumnView& column, std::size_t row);
  bool put_temporal(const Type& type, const ColumnView& column, std::size_t row);
  bool put_numeric_text(const Type& type, std::string_view text);
  bool put_list(const Cell& cell, const ColumnView& column, std::uint64_t offset,
                std::uint64_t length);
  void put_numeric(__int128 value, int scale);
  void put_numeric_magnitude(unsigned __int128 magnitude, bool negative, int scale);
  void put_bytes(std::string_view bytes);
  void put_bits(std::string_view engine_bits);
  template <typename T>
  void put_fixed(T value);

  std::string table_;
  std::vector<std::string> names_;
  std::vector<Cell> cells_;
  OutBuffer out_;
};

}  // namespace sluice::postgres
