// What reading a table takes beside its columns: how its rows are addressed and what its columns
// are declared as. Asked of the database each time, so that a caller's Table needs only names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/sqlite/connection.h"
#include "endpoint/sqlite/decode.h"
#include "endpoint/sqlite/records.h"
#include "model/inventory.h"

namespace sluice::sqlite {

struct Shape {
  std::string rowid_sql;  // an expression for the row's number; "" for views and WITHOUT ROWID
  bool strict = false;    // the database itself enforces the declared classes
  std::vector<std::string> declared;  // of the asked columns, in their order
  std::optional<StoredTable> stored;  // where the rows can be read from the pages of the file
};

// Requires: an open read transaction. Errors: kNotFound names the table or column.
Result<Shape> shape_of(Connection& connection, const Table& table);

// How the columns of `table` are to be read, given what they are declared as.
std::vector<Reading> readings_of(const Table& table, const Shape& shape);

// Row numbers from `begin` to before `end`; nullopt is open.
struct RowRange {
  std::optional<std::int64_t> begin;
  std::optional<std::int64_t> end;
};

// " WHERE rowid >= 1 AND rowid < 5", "" for all.
std::string where_sql(const Shape& shape, const RowRange& range);

// About `pieces` ranges of equal width over all rows.
Result<std::vector<RowRange>> even_ranges(Connection& connection, const Table& table,
                                          const Shape& shape, std::size_t pieces);

}  // namespace sluice::sqlite
