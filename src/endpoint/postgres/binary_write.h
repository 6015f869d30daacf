// Batches encoded as COPY ... FROM STDIN (FORMAT binary), into one buffer that is used again and
// again. The format is described in binary_read.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "endpoint/postgres/cell_write.h"
#include "endpoint/postgres/out_buffer.h"
#include "model/batch.h"
#include "model/target_table.h"

namespace sluice::postgres {

class BinaryEncoder {
 public:
  // Requires: the native types are those of Endpoint::rule for the columns' types.
  BinaryEncoder(const std::string& table, const std::vector<TargetColumn>& columns);

  void begin();  // the header
  // Column by column, so that each loop knows its type. Some hundred rows at a time stay in the
  // processor's cache.
  // Requires: batch.columns are the constructor's, typed by them at the top level.
  // Errors: kWouldLoseData for a value that the target's type cannot hold.
  Status add_rows(const Batch& batch, std::size_t first, std::size_t rows);
  void end();  // the end mark

  std::string_view bytes() const { return out_.view(); }
  void clear() { out_.clear(); }

 private:
  struct Encoded {
    std::string name;
    CellWriter writer;
    // Where the writer has no layout: the cells of the rows under way, and where each ends.
    OutBuffer cells;
    std::vector<std::size_t> ends;
  };
  static std::size_t write_cells(Encoded& column, const ColumnView& values, std::size_t first,
                                 std::size_t rows);
  Error cannot_hold(const Encoded& column, const ColumnView& values, std::size_t row) const;
  Status measure(const Batch& batch, std::size_t first, std::size_t rows);
  Status place(const Batch& batch, std::size_t first, std::size_t rows);

  std::string table_;
  std::vector<Encoded> columns_;
  std::vector<std::size_t> sizes_;  // of the rows under way
  std::vector<char*> cursors_;
  OutBuffer out_;
};

}  // namespace sluice::postgres
