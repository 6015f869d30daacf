#include "endpoint/text/scan_sql.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice::text {
namespace {

std::string file_list(const FileTable& table) {
  std::vector<std::string> quoted;
  for (const auto& file : table.files) quoted.push_back(quote_literal(file.string()));
  return "[" + join(quoted, ", ") + "]";
}

Error unreadable(const FileTable& table, Error cause) {
  return Error(ErrorKind::kCorrupt,
               fmt::format("cannot read \"{}\": {}", table.files.front().string(), cause.message))
      .about(table.files.front().string())
      .code(cause.vendor_code);
}

std::vector<Column> columns_of(const std::vector<ResultColumn>& found) {
  std::vector<Column> columns;
  for (const ResultColumn& column : found) {
    Column& out = columns.emplace_back();
    out.name = column.name;
    out.type = column.type;
  }
  return columns;
}

// One sniffed character as a SQL literal; the sniffer says "(empty)" for none.
std::string mark(const std::optional<std::string>& cell) {
  return !cell || *cell == "(empty)" || *cell == "\\0" ? "''" : quote_literal(*cell);
}

Result<Dialect> find_csv(EngineConnection& connection, const FileTable& table) {
  Dialect dialect;
  dialect.kind = "csv";
  const std::string file = quote_literal(table.files.front().string());
  Result<std::vector<TextRow>> sniffed = connection.rows(
      "SELECT Delimiter, Quote, Escape, SkipRows, HasHeader, DateFormat, "
      "TimestampFormat FROM sniff_csv(" +
      file + ", sample_size = -1)");
  if (!sniffed) return fail(unreadable(table, std::move(sniffed.error())));
  const TextRow& row = sniffed->at(0);
  dialect.options =
      fmt::format(", delim = {}, quote = {}, escape = {}, skip = {}, header = {}", mark(row[0]),
                  mark(row[1]), mark(row[2]), row[3].value_or("0"), row[4].value_or("true"));
  if (row[5]) dialect.options += ", dateformat = " + quote_literal(*row[5]);
  if (row[6]) dialect.options += ", timestampformat = " + quote_literal(*row[6]);
  Result<std::vector<ResultColumn>> columns = connection.describe(fmt::format(
      "SELECT * FROM read_csv({}{}, sample_size = -1, nullstr = '', allow_quoted_nulls = false)",
      file_list(table), dialect.options));
  if (!columns) return fail(unreadable(table, std::move(columns.error())));
  dialect.columns = columns_of(*columns);
  return dialect;
}

Result<Dialect> find_json(EngineConnection& connection, const FileTable& table) {
  Dialect dialect;
  dialect.kind = "json";
  Result<std::vector<ResultColumn>> columns = connection.describe(
      fmt::format("SELECT * FROM read_json({}, sample_size = -1, maximum_depth = -1, "
                  "union_by_name = true)",
                  file_list(table)));
  if (!columns) return fail(unreadable(table, std::move(columns.error())));
  dialect.columns = columns_of(*columns);
  return dialect;
}

}  // namespace

Result<Dialect> find_dialect(EngineConnection& connection, const std::string& kind,
                             const FileTable& table) {
  return kind == "csv" ? find_csv(connection, table) : find_json(connection, table);
}

Status check_json_numbers(EngineConnection& connection, const FileTable& table) {
  // Numbers outside of texts, in the file's own spelling, by their significant digits.
  Result<std::vector<TextRow>> found = connection.rows(fmt::format(
      "SELECT number FROM (SELECT unnest(regexp_extract_all(regexp_replace(CAST(json AS VARCHAR), "
      "'\"(\\\\.|[^\"\\\\])*\"', '\"\"', 'g'), '[0-9]+[.][0-9]+')) AS number FROM "
      "read_json_objects({})) WHERE length(regexp_replace(number, '[^0-9]|^0*[.]?0*', '', 'g')) > "
      "17 "
      "LIMIT 1",
      file_list(table)));
  if (!found) return fail(unreadable(table, std::move(found.error())));
  if (found->empty()) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("table \"{}\": the number {} has more digits than the JSON parser "
                                "keeps",
                                table.name, found->front().front().value_or("")))
                  .about(table.name)
                  .advise("write such numbers as texts, or use CSV"));
}

Result<std::string> scan_sql(const Dialect& dialect, const FileTable& table,
                             const std::vector<Column>& columns) {
  std::vector<std::string> fields;
  for (const Column& column : columns) {
    const bool json = column.type.kind == TypeKind::kJson;
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    fields.push_back(quote_literal(column.name) + ": " + quote_literal(json ? "JSON" : type));
  }
  const std::string map = "{" + join(fields, ", ") + "}";
  if (dialect.kind == "json") {
    return fmt::format("read_json({}, columns = {})", file_list(table), map);
  }
  return fmt::format(
      "read_csv({}{}, auto_detect = false, columns = {}, nullstr = '', "
      "allow_quoted_nulls = false, strict_mode = true)",
      file_list(table), dialect.options, map);
}

}  // namespace sluice::text
