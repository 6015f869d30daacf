#include "format/ducklake/lake_records.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/ducklake/lake_path.h"

namespace sluice::ducklake {
namespace {

// Names change by rows of one number that follow each other.
template <typename Row>
const Row* find_row(const std::vector<Row>& rows, Id id, Id snapshot) {
  const Row* found = nullptr;
  for (const Row& row : rows) {
    if (row.id != id) continue;
    if (row.lifetime.holds(snapshot)) return &row;
    if (found == nullptr || row.lifetime.begin > found->lifetime.begin) found = &row;
  }
  return found;
}

}  // namespace

std::string partition_words(const std::string& transform, const std::string& column) {
  if (transform == "identity") return column;
  if (!transform.ends_with(')')) return fmt::format("{}({})", transform, column);
  return fmt::format("{}, {})", transform.substr(0, transform.size() - 1), column);
}

const TableRow* find_table(const LakeRecords& records, Id table, Id snapshot) {
  return find_row(records.tables, table, snapshot);
}

std::optional<TableName> known_name(const LakeRecords& records, Id table, Id snapshot) {
  const TableRow* const row = find_table(records, table, snapshot);
  if (row == nullptr) return std::nullopt;
  const SchemaRow* const schema = find_row(records.schemas, row->schema_id, snapshot);
  return TableName{schema == nullptr ? "" : schema->name, row->name};
}

std::string table_name(const LakeRecords& records, Id table, Id snapshot) {
  const auto name = known_name(records, table, snapshot);
  return name ? name->display() : fmt::format("table {}", table);
}

std::optional<std::string> table_folder(const LakeRecords& records, Id table) {
  const Id newest = records.snapshots.empty() ? 0 : records.newest().id;
  const TableRow* const row = find_table(records, table, newest);
  if (row == nullptr) return std::nullopt;
  const SchemaRow* const schema = find_row(records.schemas, row->schema_id, newest);
  if (schema == nullptr && row->path_is_relative) return std::nullopt;
  const std::string above =
      schema == nullptr ? ""
                        : resolve_path(records.data_path, schema->path, schema->path_is_relative);
  return resolve_path(above, row->path, row->path_is_relative);
}

std::vector<ColumnRow> columns_at(const LakeRecords& records, Id table, Id snapshot) {
  std::vector<ColumnRow> out;
  std::copy_if(records.columns.begin(), records.columns.end(), std::back_inserter(out),
               [&](const ColumnRow& column) {
                 return column.table_id == table && column.lifetime.holds(snapshot);
               });
  return out;
}

}  // namespace sluice::ducklake
