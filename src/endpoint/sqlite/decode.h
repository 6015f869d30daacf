// From a value in a row of SQLite to a cell of a logical type. A value that its type cannot carry
// exactly is refused, never rounded.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/table_source.h"
#include "model/type.h"

namespace sluice::sqlite {

// How a column is read.
struct Reading {
  Type type;
  // The column is read in another type than the one its declaration promises, so every class of
  // value has a text: digits, the shortest text of a real, X'..' for bytes; and kBlob takes text.
  bool lenient = false;
};

// Writes column `index` of the current row into the cell. False: the type cannot carry the value.
bool decode_cell(sqlite3_stmt* row, int index, const Reading& reading, ColumnWriter& writer,
                 std::size_t at);

// Whether decode_cell would succeed.
bool carries(sqlite3_stmt* row, int index, const Reading& reading);

// The value in SQL's notation, cut to a readable length: what messages show.
std::string literal_text(sqlite3_stmt* row, int index);
std::string_view class_name(int sqlite_type);  // "integer", "real", "text", "blob", "null"

}  // namespace sluice::sqlite
