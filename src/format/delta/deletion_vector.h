// Deletion vectors: which rows of a data file are no longer in the table ("Deletion Vectors",
// "Deletion Vector Format").
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/delta/actions.h"

namespace sluice::delta {

// A set of row numbers, from 0. Shared when it is copied.
class RowSet {
 public:
  // The "RoaringBitmapArray" of the format: a magic number, then a 64-bit bitmap in the portable
  // layout. Errors: kCorrupt.
  static Result<RowSet> parse(std::string_view bytes);

  std::uint64_t cardinality() const;
  // In ascending order.
  std::vector<std::uint64_t> rows() const;

 private:
  struct Bitmaps;
  std::shared_ptr<const Bitmaps> bitmaps_;
};

// Z85, four bytes for five characters. Errors: kCorrupt.
Result<std::string> decode_z85(std::string_view text);
// Requires: a multiple of four bytes.
std::string encode_z85(std::string_view bytes);

// The file that a vector of storage 'u' or 'p' is in, as log_path.h resolves it.
Result<std::string> vector_file(const DeletionVectorDescriptor& vector, std::string_view folder);

// Bytes of such a file around the bitmap: its size before it, its checksum behind it.
inline constexpr std::size_t kVectorFrame = 4;
inline constexpr char kVectorFileVersion = 1;

// Error::vendor_code where a vector is sound, and deletes another number of rows than its
// descriptor says.
inline constexpr const char* kWrongCardinality = "cardinality";

// `framed`: from `offset` on, bytes + 2 * kVectorFrame of the file. Checks size, CRC-32 and
// cardinality.
Result<RowSet> parse_framed(const DeletionVectorDescriptor& vector, std::string_view framed);

// Of storage 'i'. Checks size and cardinality.
Result<RowSet> parse_inline(const DeletionVectorDescriptor& vector);

}  // namespace sluice::delta
