// What a reader of COPY does with each message of the server: one implementation for the binary
// format, one for the text format. They share nothing but this, because one checks the other.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/table_source.h"

namespace sluice::postgres {

class RowDecoder {
 public:
  virtual ~RowDecoder() = default;
  // Decodes one message, which holds at most one row, into `row` of `out`.
  // Returns: false where the message has no row (a header, the end).
  // Errors: kCorrupt for bytes that are not of the format, kWouldLoseData for a value that its
  // column's type cannot carry.
  virtual Result<bool> decode(std::string_view message, std::vector<ColumnWriter>& out,
                              std::size_t row) = 0;
};

}  // namespace sluice::postgres
