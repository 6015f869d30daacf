// One value of a row as SQLite holds it, however it was read: by SQLite's own statements or
// straight from the pages of the file.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string_view>

namespace sluice::sqlite {

struct Cell {
  int sqlite_class = SQLITE_NULL;  // SQLITE_INTEGER, _FLOAT, _TEXT, _BLOB, _NULL
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes;  // of text and blobs; valid until the next row

  bool is_integer() const { return sqlite_class == SQLITE_INTEGER; }
  bool is_real() const { return sqlite_class == SQLITE_FLOAT; }
  bool is_text() const { return sqlite_class == SQLITE_TEXT; }
  bool is_blob() const { return sqlite_class == SQLITE_BLOB; }
};

// Column `index` of a statement's current row.
inline Cell cell_of(sqlite3_stmt* row, int index) {
  sqlite3_value* value = sqlite3_column_value(row, index);
  Cell cell;
  cell.sqlite_class = sqlite3_value_type(value);
  switch (cell.sqlite_class) {
    case SQLITE_INTEGER:
      cell.integer = sqlite3_value_int64(value);
      break;
    case SQLITE_FLOAT:
      cell.real = sqlite3_value_double(value);
      break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      const auto* data = cell.is_text() ? reinterpret_cast<const char*>(sqlite3_value_text(value))
                                        : static_cast<const char*>(sqlite3_value_blob(value));
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
      if (data != nullptr) cell.bytes = {data, size};
      break;
    }
    default:
      break;
  }
  return cell;
}

// As parameter `index` (from 1). Requires: the bytes stay until the statement has run.
inline void bind(sqlite3_stmt* statement, int index, const Cell& cell) {
  const char* bytes = cell.bytes.data() == nullptr ? "" : cell.bytes.data();  // null would be NULL
  switch (cell.sqlite_class) {
    case SQLITE_INTEGER:
      sqlite3_bind_int64(statement, index, cell.integer);
      break;
    case SQLITE_FLOAT:
      sqlite3_bind_double(statement, index, cell.real);
      break;
    case SQLITE_TEXT:
      sqlite3_bind_text64(statement, index, bytes, cell.bytes.size(), SQLITE_STATIC, SQLITE_UTF8);
      break;
    case SQLITE_BLOB:
      sqlite3_bind_blob64(statement, index, bytes, cell.bytes.size(), SQLITE_STATIC);
      break;
    default:
      sqlite3_bind_null(statement, index);
  }
}

}  // namespace sluice::sqlite
