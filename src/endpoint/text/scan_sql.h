// Private to endpoint/text: SQL that reads a table's files with every choice written down, so that
// two readings cannot guess differently.
#pragma once

#include "endpoint/text/files.h"
#include "engine/engine.h"
#include "model/inventory.h"

namespace sluice::text {

// Looks at all bytes of the files and says how to read them: for CSV the delimiter, quotes and
// header of the first file, for JSON only its columns.
struct Dialect {
  std::string kind;     // "csv" or "json"
  std::string options;  // ", delim = ',', ..." behind the list of files
  std::vector<Column> columns;
};

Result<Dialect> find_dialect(EngineConnection& connection, const std::string& kind,
                             const FileTable& table);

// The engine's JSON parser cuts a fraction to a double's 17 digits, whatever type is asked for.
// Errors: kUnsupported shows a number that it would change.
Status check_json_numbers(EngineConnection& connection, const FileTable& table);

// The relation with `columns` in their types. An empty field without quotes is NULL, "" is an empty
// text.
Result<std::string> scan_sql(const Dialect& dialect, const FileTable& table,
                             const std::vector<Column>& columns);

}  // namespace sluice::text
