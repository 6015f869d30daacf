// The rows of a table or view in one read transaction, by whichever way is the fastest that reads
// them right: from the pages of the file, else by a statement of SQLite.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "endpoint/sqlite/records.h"
#include "endpoint/sqlite/shape.h"

namespace sluice::sqlite {

class RowReader {
 public:
  // `wanted`: indexes of `columns`, which are those that `shape` was asked for. Requires: `shape`
  // and the connection outlive the reader.
  static Result<RowReader> open(Connection& connection, const std::string& table,
                                const std::vector<std::string>& columns, const Shape& shape,
                                const std::vector<std::size_t>& wanted, const RowRange& range);

  // True: a row is there.
  Result<bool> next();
  // Value `i` of `wanted`; valid until the next row.
  Cell cell(std::size_t i) const {
    return by_statement_ ? cell_of(statement_.raw(), static_cast<int>(i)) : records_->cells()[i];
  }
  // nullopt for views and WITHOUT ROWID.
  std::optional<std::int64_t> rowid() const;

 private:
  RowReader() = default;

  std::optional<Records> records_;
  bool by_statement_ = true;  // the current row
  Statement statement_;       // of all rows, or of single ones beside records_
  int rowid_index_ = -1;      // in statement_
};

}  // namespace sluice::sqlite
