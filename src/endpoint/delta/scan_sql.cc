#include "endpoint/delta/scan_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "endpoint/delta/physical_sql.h"
#include "endpoint/row_positions.h"
#include "format/delta/partition_value.h"

namespace sluice::delta {
namespace {

const std::optional<std::string>* find_value(const AddFile& file, const std::string& column) {
  for (const auto& [name, value] : file.partition_values) {
    if (name == column) return &value;
  }
  return nullptr;
}

Result<std::string> partition_literal(const TableState& table, const Field& column,
                                      const AddFile& file) {
  const std::optional<std::string>* const found = find_value(file, column.physical_name);
  if (found == nullptr) return "NULL";
  const auto value = partition_value(column.type, *found, table.zone_offset);
  if (!value) {
    return fail(Error(value.error().kind,
                      fmt::format("table \"{}\", column {}, file {}: {}", table.name.display(),
                                  column.name, file.path, value.error().message))
                    .about(table.name.display()));
  }
  return *value ? quote_literal(**value) : "NULL";
}

// One value for all files, or one that is looked up by the file.
Result<std::string> partition_sql(const TableState& table, const Field& column,
                                  const std::vector<FilePart>& parts) {
  TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
  std::vector<std::string> literals;
  for (const FilePart& part : parts) {
    TRY_ASSIGN(std::string literal,
               partition_literal(table, column, table.snapshot.files.at(part.file).add));
    literals.push_back(std::move(literal));
  }
  const bool is_one = std::all_of(literals.begin(), literals.end(), [&](const std::string& other) {
    return other == literals.front();
  });
  if (is_one) return fmt::format("CAST({} AS {})", literals.front(), type);
  return fmt::format("(CAST([{}] AS {}[]))[CAST(file_index AS BIGINT) + 1]", join(literals, ", "),
                     type);
}

// The columns that a file has, under names of ours: theirs could hide the engine's own columns.
Result<std::string> read_sql(const TableState& table, const ScanGroup& group) {
  std::vector<std::string> paths;
  for (const FilePart& part : group.parts) {
    TRY_ASSIGN(const std::string path, data_path(table, table.snapshot.files.at(part.file).add));
    paths.push_back(quote_literal(path));
  }
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < group.columns.size(); ++i) {
    if (table.schema.is_partition(i)) continue;
    TRY_ASSIGN(const std::string type, engine_type_sql(physical_type(group.columns[i])));
    columns.push_back(fmt::format("{}: {{name: 'c{}', type: {}, default_value: NULL}}",
                                  quote_literal(group.columns[i].physical_name), i,
                                  quote_literal(type)));
  }
  if (columns.empty())
    columns.emplace_back("'': {name: 'c', type: 'BOOLEAN', default_value: NULL}");
  return fmt::format(
      "read_parquet([{}], hive_partitioning=false, can_have_nan=true, "
      "schema=MAP{{{}}})",
      join(paths, ", "), join(columns, ", "));
}

}  // namespace

Result<std::string> select_of(const TableState& table, const ScanGroup& group,
                              const std::string& also) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < group.columns.size(); ++i) {
    const Field& column = group.columns[i];
    std::string sql = display_value(column, fmt::format("c{}", i));
    if (table.schema.is_partition(i)) {
      TRY_ASSIGN(sql, partition_sql(table, table.schema.columns[i], group.parts));
    }
    items.push_back(fmt::format("{} AS {}", sql, quote_identifier(column.name)));
  }
  if (!also.empty()) items.push_back(also);
  TRY_ASSIGN(const std::string files, read_sql(table, group));
  std::string sql = fmt::format("SELECT {} FROM {} AS f", join(items, ", "), files);
  sql += without_positions(group.deleted);
  return sql + where_in_part(group.parts.front());
}

Result<std::string> select_nothing(const TableState& table) {
  std::vector<std::string> items;
  for (const Field& column : table.schema.columns) {
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    items.push_back(fmt::format("CAST(NULL AS {}) AS {}", type, quote_identifier(column.name)));
  }
  return "SELECT " + join(items, ", ") + " WHERE false";
}

}  // namespace sluice::delta
