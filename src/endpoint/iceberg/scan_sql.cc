#include "endpoint/iceberg/scan_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/iceberg/types.h"
#include "endpoint/row_positions.h"

namespace sluice::iceberg {
namespace {

// A column of a type that is not read may be there as long as nobody asks for it.
std::string refusal(const TableState& table, const Column& column) {
  return fmt::format(
      "CAST(error({}) AS VARCHAR)",
      quote_literal(fmt::format("column \"{}\" of table \"{}\" is of type {}, which "
                                "is not read: leave it out",
                                column.name, table.name.display(), type_name(column.type))));
}

// One value for all files, or one that is looked up by the file.
Result<std::string> partition_sql(const ScanInput& input, const ScanGroup& group,
                                  const Column& column) {
  std::vector<std::string> literals;
  for (const FilePart& part : group.parts) {
    const Value* const value = partition_value(input.files->at(part.file), column.id);
    std::string one;
    if (value == nullptr) {
      TRY_ASSIGN(one, missing_value(column));
    } else {
      TRY_ASSIGN(one, literal(column.type, *value));
    }
    literals.push_back(std::move(one));
  }
  const bool is_one = std::all_of(literals.begin(), literals.end(), [&](const std::string& other) {
    return other == literals.front();
  });
  if (is_one) return literals.front();
  return fmt::format("([{}])[CAST(f.file_index AS BIGINT) + 1]", join(literals, ", "));
}

Result<std::string> value_sql(const ScanInput& input, const ScanGroup& group, std::size_t at) {
  const Column& column = *input.columns[at];
  if (!is_read(column.type)) return refusal(*input.table, column);
  if (!group.found[at].is_there || is_constant(input, group, column)) {
    return partition_sql(input, group, column);
  }
  return logical_value(column, group.found[at], fmt::format("f.c{}", at));
}

// The columns that a file has, under names of ours: theirs could hide the engine's own columns. The
// engine takes names that differ in case alone for one, ids it tells apart.
Result<std::string> read_sql(const ScanInput& input, const ScanGroup& group) {
  std::vector<std::string> paths;
  for (const std::string& path : group.paths) paths.push_back(quote_literal(path));
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < input.columns.size(); ++i) {
    if (!group.found[i].is_there || !is_read(input.columns[i]->type)) continue;
    TRY_ASSIGN(const std::string type, physical_type(*input.columns[i], group.found[i]));
    const std::string key =
        group.has_ids ? std::to_string(input.columns[i]->id) : quote_literal(group.found[i].name);
    columns.push_back(fmt::format("{}: {{name: 'c{}', type: {}, default_value: NULL}}", key, i,
                                  quote_literal(type)));
  }
  if (columns.empty())
    columns.emplace_back("'': {name: 'c', type: 'BOOLEAN', default_value: NULL}");
  return fmt::format(
      "read_parquet([{}], hive_partitioning=false, can_have_nan=true, schema=MAP{{{}}})",
      join(paths, ", "), join(columns, ", "));
}

Result<std::string> equality_sql(const ScanInput& input, const ScanGroup& group,
                                 std::size_t number) {
  const EqualityFilter& filter = group.equality[number];
  std::vector<std::string> conditions;
  for (std::size_t i = 0; i < filter.columns.size(); ++i) {
    TRY_ASSIGN(std::string value, value_sql(input, group, filter.columns[i]));
    for (const std::string& part : filter.paths[i]) {
      value = fmt::format("struct_extract({}, {})", value, quote_literal(part));
    }
    conditions.push_back(fmt::format("e{}.c{} IS NOT DISTINCT FROM {}", number, i, value));
  }
  return fmt::format(" ANTI JOIN ({}) AS e{} ON {}", filter.relation, number,
                     join(conditions, " AND "));
}

}  // namespace

bool is_constant(const ScanInput& input, const ScanGroup& group, const Column& column) {
  const TypeId id = column.type.id;
  if (!group.is_of_partition || id == TypeId::kFloat || id == TypeId::kDouble) return false;
  return partition_value(input.files->at(group.parts.front().file), column.id) != nullptr;
}

const Value* partition_value(const LiveFile& file, std::int32_t column_id) {
  if (file.spec == nullptr) return nullptr;  // of a delete file
  const std::vector<PartitionField>& fields = file.spec->fields;
  for (std::size_t i = 0; i < fields.size() && i < file.data().partition.size(); ++i) {
    const PartitionField& field = fields[i];
    const bool is_it = field.transform.kind == TransformKind::kIdentity &&
                       field.source_ids.size() == 1 && field.source_ids[0] == column_id;
    if (is_it) return &file.data().partition[i];
  }
  return nullptr;
}

Result<std::string> select_of(const ScanInput& input, const ScanGroup& group,
                              const std::string& also) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < input.shown; ++i) {
    TRY_ASSIGN(const std::string sql, value_sql(input, group, i));
    items.push_back(fmt::format("{} AS {}", sql, quote_identifier(input.columns[i]->name)));
  }
  if (!also.empty()) items.push_back(also);
  TRY_ASSIGN(const std::string files, read_sql(input, group));
  std::string sql = fmt::format("SELECT {} FROM {} AS f", join(items, ", "), files);
  sql += without_positions(group.deleted);
  for (std::size_t i = 0; i < group.equality.size(); ++i) {
    TRY_ASSIGN(const std::string join_sql, equality_sql(input, group, i));
    sql += join_sql;
  }
  return sql + where_in_part(group.parts.front());
}

Result<std::string> select_nothing(const ScanInput& input) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < input.shown; ++i) {
    const Column& column = *input.columns[i];
    std::string type = "VARCHAR";
    if (is_read(column.type)) {
      TRY_ASSIGN(type, engine_type_sql(type_of(column.type)));
    }
    items.push_back(fmt::format("CAST(NULL AS {}) AS {}", type, quote_identifier(column.name)));
  }
  return "SELECT " + join(items, ", ") + " WHERE false";
}

}  // namespace sluice::iceberg
