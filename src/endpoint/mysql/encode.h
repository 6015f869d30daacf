// Batches as the text that LOAD DATA reads: fields between tabs, rows between newlines, \N for
// NULL, a backslash before what would be read as one of these.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/batch.h"
#include "model/target_table.h"

namespace sluice::mysql {

class RowEncoder {
 public:
  RowEncoder(std::string table, const std::vector<TargetColumn>& columns);

  // The statement that loads what this encoder wrote.
  std::string load_sql(const TableName& name) const;

  // Requires: batch.columns are the constructor's. Errors: kWouldLoseData for a value that the
  // column's type cannot hold.
  Status add_row(const Batch& batch, std::size_t row);

  std::string_view bytes() const { return out_; }
  std::uint64_t rows() const { return rows_; }
  void clear() {
    out_.clear();
    rows_ = 0;
  }

 private:
  Status add_cell(const ColumnView& column, std::size_t row);
  void add_escaped(std::string_view text);

  std::string table_;
  std::vector<TargetColumn> columns_;
  std::string out_;
  std::uint64_t rows_ = 0;
};

}  // namespace sluice::mysql
