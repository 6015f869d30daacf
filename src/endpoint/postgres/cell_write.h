// One value as COPY's binary format has it: its length and its bytes. The format is described in
// binary_read.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "endpoint/postgres/column_layout.h"
#include "endpoint/postgres/out_buffer.h"
#include "model/batch.h"
#include "model/target_table.h"

namespace sluice::postgres {

// Writes the values of one column, of any type, one at a time.
class CellWriter {
 public:
  // Requires: the native type is that of Endpoint::rule for the column's type.
  explicit CellWriter(const TargetColumn& column);

  // Requires: `column` is typed by the constructor's at the top level. False for a value that the
  // target's type cannot hold.
  bool put(const ColumnView& column, std::size_t row, OutBuffer& out) const;

  const Type& type() const { return type_; }
  // Empty where there is only put().
  const ColumnLayout& layout() const { return layout_; }

 private:
  bool put_list(const ColumnView& column, std::uint64_t offset, std::uint64_t length,
                OutBuffer& out) const;
  bool put_elements(const ColumnView& child, std::uint64_t first, std::uint64_t count,
                    OutBuffer& out) const;

  Type type_;
  ColumnLayout layout_;
  // Of lists and arrays.
  std::uint32_t element_oid_ = 0;
  ColumnLayout element_layout_;
};

}  // namespace sluice::postgres
