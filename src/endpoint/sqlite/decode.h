// From a value in a row of SQLite to a cell of a logical type. A value that its type cannot carry
// exactly is refused, never rounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "endpoint/sqlite/cell.h"
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

// Writes the value into row `at`. False: the type cannot carry it.
bool decode_cell(const Cell& value, const Reading& reading, ColumnWriter& writer, std::size_t at);

// Whether decode_cell would succeed.
bool carries(const Cell& value, const Reading& reading);

// The value in SQL's notation, cut to a readable length: what messages show.
std::string literal_text(const Cell& value);
std::string_view class_name(int sqlite_type);  // "integer", "real", "text", "blob", "null"

}  // namespace sluice::sqlite
