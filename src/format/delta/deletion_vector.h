// Deletion vectors: which rows of a data file are no longer in the table ("Deletion Vectors",
// "Deletion Vector Format").
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "format/delta/actions.h"
#include "format/row_set/row_set.h"

namespace sluice::delta {

// Z85, four bytes for five characters. Errors: kCorrupt.
Result<std::string> decode_z85(std::string_view text);
// Requires: a multiple of four bytes.
std::string encode_z85(std::string_view bytes);

// The file that a vector of storage 'u' or 'p' is in, as log_path.h resolves it.
Result<std::string> vector_file(const DeletionVectorDescriptor& vector, std::string_view folder);

// Bytes of such a file around the bitmap: its size before it, its checksum behind it.
inline constexpr std::size_t kVectorFrame = kRowSetFrame;
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
