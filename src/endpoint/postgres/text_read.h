// COPY ... TO STDOUT (FORMAT text), the independent way to read PostgreSQL: another format, another
// parser, and the engine's own casts where those are exact. Fields are separated by tabs; \N is
// NULL; backslash escapes b f n r t v and itself.
//
// What the engine's casts get wrong or do not know is parsed here: dates and timestamps with
// infinities and BC, intervals, bytea, bit strings, arrays, records.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/postgres/row_decoder.h"
#include "model/batch.h"
#include "model/type.h"

namespace sluice::postgres {

// The type in which the text path hands a column to the engine: the asked one, or kText where the
// engine casts.
Type delivered_type(const Type& asked);

// "CAST("a" AS INTEGER) AS "a"", or the column alone where nothing is cast.
Result<std::string> delivered_sql(const std::string& name, const Type& asked);

class TextDecoder : public RowDecoder {
 public:
  // `columns` in their delivered types.
  TextDecoder(std::string table, std::vector<SourceColumn> columns, bool check_utf8);
  Result<bool> decode(std::string_view message, std::vector<ColumnWriter>& out,
                      std::size_t row) override;

 private:
  bool decode_cell(const Type& type, std::string_view text, ColumnWriter& out, std::size_t row);
  bool decode_list(const Type& type, std::string_view text, ColumnWriter& out, std::size_t row);
  bool decode_struct(const Type& type, std::string_view text, ColumnWriter& out, std::size_t row);

  std::string table_;
  std::vector<SourceColumn> columns_;
  bool check_utf8_;
  std::string scratch_;
};

// PostgreSQL's IntervalStyle iso_8601: "P1Y2M-3DT4H5M-6.7S".
std::optional<IntervalCell> parse_iso_interval(std::string_view text);

// A one-dimensional array literal that starts at 1: {a,"b \"c\"",NULL}. Returns: false otherwise.
bool parse_array(std::string_view text, std::vector<std::optional<std::string>>& items);

// A composite's literal: (a,"b ""c""",) has three fields, the last of which is NULL. Returns: false
// for another text.
bool parse_record(std::string_view text, std::vector<std::optional<std::string>>& fields);

}  // namespace sluice::postgres
