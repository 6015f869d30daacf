#include "endpoint/ducklake/file_fields.h"

#include <algorithm>

#include "base/text.h"

namespace sluice::ducklake {
namespace {

constexpr std::size_t kFilesAtOnce = 256;

ParquetSchemaLine schema_line(const TextRow& row) {
  ParquetSchemaLine line;
  line.name = row.at(1).value_or("");
  line.parts = std::stoull(row.at(2).value_or("0"));
  if (row.at(3)) line.field_id = std::stoll(*row.at(3));
  line.converted_type = row.at(4).value_or("");
  line.logical_type = row.at(5).value_or("");
  line.engine_type = row.at(6).value_or("");
  return line;
}

}  // namespace

Result<std::map<std::string, std::vector<ValueField>>> read_fields(
    EngineConnection& connection, const std::vector<std::string>& paths) {
  std::map<std::string, std::vector<ParquetSchemaLine>> lines;
  for (std::size_t at = 0; at < paths.size(); at += kFilesAtOnce) {
    std::vector<std::string> literals;
    for (std::size_t i = at; i < std::min(paths.size(), at + kFilesAtOnce); ++i) {
      literals.push_back(quote_literal(paths[i]));
    }
    TRY_ASSIGN(const auto rows,
               connection.rows("SELECT file_name, name, coalesce(num_children, 0), field_id, "
                               "converted_type, logical_type, duckdb_type FROM parquet_schema([" +
                               join(literals, ", ") + "]) ORDER BY file_name, column_id"));
    for (const TextRow& row : rows) lines[row.at(0).value_or("")].push_back(schema_line(row));
  }
  std::map<std::string, std::vector<ValueField>> out;
  for (const auto& [path, schema] : lines) out[path] = fields_of_file(schema);
  return out;
}

}  // namespace sluice::ducklake
