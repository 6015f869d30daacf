// A set of row numbers, from 0, in the bytes that Delta and Iceberg share: magic number and 64-bit
// Roaring bitmap in the portable layout; framed: with the length before and the CRC-32 behind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice {

// Shared when it is copied.
class RowSet {
 public:
  // Errors: kCorrupt.
  static Result<RowSet> parse(std::string_view bytes);
  // Checks the length, which is of `bytes` without the frame, and the CRC-32. Errors: kCorrupt.
  static Result<RowSet> parse_framed(std::string_view bytes);
  // Any order, each once or more often. Requires: below 2^63.
  static RowSet of(std::vector<std::uint64_t> rows);

  std::uint64_t cardinality() const;
  // In ascending order.
  std::vector<std::uint64_t> rows() const;

  std::string bytes() const;
  std::string framed() const;

 private:
  struct Bitmaps;
  std::shared_ptr<const Bitmaps> bitmaps_;
};

// Bytes before and behind.
inline constexpr std::size_t kRowSetFrame = 4;

}  // namespace sluice
