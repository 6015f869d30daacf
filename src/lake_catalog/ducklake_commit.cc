#include "lake_catalog/ducklake_commit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "format/ducklake/lake_path.h"
#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_rows.h"
#include "lake_catalog/ducklake_values.h"

namespace sluice {

using ducklake::Change;
using ducklake::ChangeKind;
using ducklake::ColumnRow;
using ducklake::Id;

namespace {

constexpr std::size_t kRowsInOneInsert = 200;

}  // namespace

DuckLakeCommit::DuckLakeCommit(CatalogDatabase& database, ducklake::SnapshotRow base)
    : database_(database),
      base_(std::move(base)),
      next_catalog_id_(base_.next_catalog_id),
      next_file_id_(base_.next_file_id) {}

Result<DuckLakeCommit> DuckLakeCommit::begin(CatalogDatabase& database) {
  TRY_ASSIGN(ducklake::SnapshotRow base, DuckLakeCatalog(database, "").snapshot_at({}));
  return DuckLakeCommit(database, std::move(base));
}

const std::string& DuckLakeCommit::truth(bool value) const {
  return value ? database_.dialect().yes : database_.dialect().no;
}

Status DuckLakeCommit::insert(std::string_view table, const std::string& columns,
                              const std::vector<std::string>& rows) {
  for (std::size_t first = 0; first < rows.size(); first += kRowsInOneInsert) {
    const std::size_t end = std::min(rows.size(), first + kRowsInOneInsert);
    const std::vector<std::string> part(rows.begin() + static_cast<std::ptrdiff_t>(first),
                                        rows.begin() + static_cast<std::ptrdiff_t>(end));
    TRY(database_.execute(fmt::format("INSERT INTO {} ({}) VALUES {}", database_.table(table),
                                      columns, join(part, ", "))));
  }
  return {};
}

Status DuckLakeCommit::end_rows(std::string_view table, const std::string& key,
                                const std::vector<Id>& ids) {
  if (ids.empty()) return {};
  return database_.execute(
      fmt::format("UPDATE {} SET end_snapshot = {} WHERE {} IN ({}) AND end_snapshot IS NULL",
                  database_.table(table), snapshot(), key, fmt::join(ids, ", ")));
}

Result<std::optional<ducklake::SchemaRow>> DuckLakeCommit::find_schema(const std::string& name) {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT {} FROM {} WHERE end_snapshot IS NULL",
                                         kSchemaColumns, database_.table("ducklake_schema"))));
  for (const CatalogRow& row : rows) {
    ducklake::SchemaRow schema = schema_row(row);
    if (to_lower(schema.name) == to_lower(name)) return schema;
  }
  return std::nullopt;
}

Result<std::optional<ducklake::TableRow>> DuckLakeCommit::find_table(const TableName& name) {
  TRY_ASSIGN(const auto schema, find_schema(name.schema));
  if (!schema) return std::nullopt;
  TRY_ASSIGN(const auto rows, database_.query(fmt::format(
                                  "SELECT {} FROM {} WHERE end_snapshot IS NULL AND schema_id = {}",
                                  kTableColumns, database_.table("ducklake_table"), schema->id)));
  for (const CatalogRow& row : rows) {
    ducklake::TableRow table = table_row(row);
    if (to_lower(table.name) == to_lower(name.name)) return table;
  }
  return std::nullopt;
}

Result<std::optional<ducklake::TableRow>> DuckLakeCommit::find_table(Id id) {
  TRY_ASSIGN(const auto rows, database_.query(fmt::format(
                                  "SELECT {} FROM {} WHERE end_snapshot IS NULL AND table_id = {}",
                                  kTableColumns, database_.table("ducklake_table"), id)));
  if (rows.empty()) return std::nullopt;
  return table_row(rows.front());
}

Result<std::vector<ducklake::SchemaRow>> DuckLakeCommit::empty_schemas_of(Id snapshot) {
  TRY_ASSIGN(
      const auto rows,
      database_.query(fmt::format(
          "SELECT {} FROM {} s WHERE end_snapshot IS NULL AND begin_snapshot = {} AND NOT EXISTS "
          "(SELECT 1 FROM {} t WHERE t.schema_id = s.schema_id AND t.end_snapshot IS NULL) AND NOT "
          "EXISTS (SELECT 1 FROM {} v WHERE v.schema_id = s.schema_id AND v.end_snapshot IS NULL)",
          kSchemaColumns, database_.table("ducklake_schema"), snapshot,
          database_.table("ducklake_table"), database_.table("ducklake_view"))));
  std::vector<ducklake::SchemaRow> out;
  for (const CatalogRow& row : rows) out.push_back(schema_row(row));
  return out;
}

Result<std::vector<Change>> DuckLakeCommit::changes_since(Id since) {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format(
                 "SELECT s.snapshot_id, c.changes_made FROM {} s LEFT JOIN {} c ON c.snapshot_id = "
                 "s.snapshot_id WHERE s.snapshot_id >= {} ORDER BY s.snapshot_id",
                 database_.table("ducklake_snapshot"), database_.table("ducklake_snapshot_changes"),
                 since)));
  std::vector<Change> changes;
  Id expected = since;
  for (const CatalogRow& row : rows) {
    Cells cells(row);
    const Id id = cells.id();
    if (id != expected++) break;
    if (id == since) continue;
    TRY_ASSIGN(const auto more, ducklake::parse_changes(cells.text()));
    changes.insert(changes.end(), more.begin(), more.end());
  }
  if (expected == base_.id + 1) return changes;
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("{}: snapshots after {} are not kept any more, so what they "
                                "changed is not known",
                                database_.display(), expected - 1))
                  .about(database_.display()));
}

Result<ducklake::SchemaRow> DuckLakeCommit::schema(const std::string& name,
                                                   const std::string& uuid) {
  TRY_ASSIGN(auto found, find_schema(name));
  if (found) return std::move(*found);
  ducklake::SchemaRow row;
  row.id = next_catalog_id_++;
  row.lifetime.begin = snapshot();
  row.name = name;
  row.path = ducklake::folder_for(name, uuid);
  TRY(insert("ducklake_schema",
             "schema_id, schema_uuid, begin_snapshot, end_snapshot, schema_name, path, "
             "path_is_relative",
             {fmt::format("({}, {}, {}, NULL, {}, {}, {})", row.id, quote_literal(uuid), snapshot(),
                          quote_literal(name), quote_literal(row.path), truth(true))}));
  changes_.push_back({ChangeKind::kCreatedSchema, 0, "", name});
  schema_changed_ = true;
  return row;
}

Status DuckLakeCommit::add_columns(const NewLakeTable& table, const std::vector<ColumnRow>& columns,
                                   Id id) {
  std::vector<std::string> rows;
  std::size_t top = 0;
  for (const ColumnRow& column : columns) {
    std::optional<LakeDefault> given;
    if (!column.parent && top < table.defaults.size()) given = table.defaults[top];
    const bool is_literal = given && !given->is_expression;
    rows.push_back(fmt::format(
        "({}, {}, NULL, {}, {}, {}, {}, {}, {}, {}, {}, {}, 'duckdb')", column.id, snapshot(), id,
        column.order, quote_literal(column.name), quote_literal(column.type),
        is_literal ? quote_literal(given->value) : "NULL",
        quote_literal(given ? given->value : "NULL"), truth(column.nullable),
        column.parent ? std::to_string(*column.parent) : "NULL",
        quote_literal(given && given->is_expression ? "expression" : column.default_kind)));
    if (!column.parent) ++top;
  }
  return insert("ducklake_column",
                "column_id, begin_snapshot, end_snapshot, table_id, column_order, column_name, "
                "column_type, initial_default, default_value, nulls_allowed, parent_column, "
                "default_value_type, default_value_dialect",
                rows);
}

Status DuckLakeCommit::add_comments(const NewLakeTable& table,
                                    const std::vector<ColumnRow>& columns, Id id) {
  if (!table.comment.empty()) {
    TRY(insert("ducklake_tag", "object_id, begin_snapshot, end_snapshot, key, value",
               {fmt::format("({}, {}, NULL, 'comment', {})", id, snapshot(),
                            quote_literal(table.comment))}));
  }
  std::vector<std::string> rows;
  std::size_t top = 0;
  for (const ColumnRow& column : columns) {
    if (column.parent) continue;
    if (top < table.column_comments.size() && !table.column_comments[top].empty()) {
      rows.push_back(fmt::format("({}, {}, {}, NULL, 'comment', {})", id, column.id, snapshot(),
                                 quote_literal(table.column_comments[top])));
    }
    ++top;
  }
  return insert("ducklake_column_tag",
                "table_id, column_id, begin_snapshot, end_snapshot, key, value", rows);
}

// How its files are parted and sorted.
Status DuckLakeCommit::add_layout(const NewLakeTable& table, const std::vector<ColumnRow>& columns,
                                  Id id) {
  if (!table.partition.empty()) {
    const Id partition = next_catalog_id_++;
    std::vector<std::string> fields;
    for (const auto& [name, transform] : table.partition) {
      const auto column = std::find_if(columns.begin(), columns.end(), [&](const ColumnRow& row) {
        return !row.parent && row.name == name;
      });
      if (column == columns.end()) {
        return fail(ErrorKind::kInternal, fmt::format("no column \"{}\" to part by", name));
      }
      fields.push_back(fmt::format("({}, {}, {}, {}, {})", partition, id, fields.size(), column->id,
                                   quote_literal(transform)));
    }
    TRY(insert("ducklake_partition_info", "partition_id, table_id, begin_snapshot, end_snapshot",
               {fmt::format("({}, {}, {}, NULL)", partition, id, snapshot())}));
    TRY(insert("ducklake_partition_column",
               "partition_id, table_id, partition_key_index, column_id, transform", fields));
  }
  if (table.sort.empty()) return {};
  const Id sort = next_catalog_id_++;
  std::vector<std::string> fields;
  for (const LakeSortField& field : table.sort) {
    fields.push_back(fmt::format("({}, {}, {}, {}, 'duckdb', '{}', 'NULLS_LAST')", sort, id,
                                 fields.size(), quote_literal(quote_identifier(field.column)),
                                 field.descending ? "DESC" : "ASC"));
  }
  TRY(insert("ducklake_sort_info", "sort_id, table_id, begin_snapshot, end_snapshot",
             {fmt::format("({}, {}, {}, NULL)", sort, id, snapshot())}));
  return insert("ducklake_sort_expression",
                "sort_id, table_id, sort_key_index, expression, dialect, sort_direction, "
                "null_order",
                fields);
}

Result<ducklake::TableRow> DuckLakeCommit::create_table(const ducklake::SchemaRow& schema,
                                                        const NewLakeTable& table) {
  ducklake::TableRow row;
  row.id = next_catalog_id_++;
  row.uuid = table.uuid;
  row.lifetime.begin = snapshot();
  row.schema_id = schema.id;
  row.name = table.name;
  row.path = table.path;
  row.path_is_relative = table.path_is_relative;
  TRY(insert("ducklake_table",
             "table_id, table_uuid, begin_snapshot, end_snapshot, schema_id, table_name, path, "
             "path_is_relative",
             {fmt::format("({}, {}, {}, NULL, {}, {}, {}, {})", row.id, quote_literal(row.uuid),
                          snapshot(), schema.id, quote_literal(row.name), quote_literal(row.path),
                          truth(row.path_is_relative))}));
  TRY_ASSIGN(const auto columns, ducklake::column_rows(table.columns, row.id, snapshot()));
  TRY(add_columns(table, columns, row.id));
  TRY(add_comments(table, columns, row.id));
  TRY(add_layout(table, columns, row.id));
  changes_.push_back({ChangeKind::kCreatedTable, 0, schema.name, table.name});
  altered_.push_back(row.id);
  return row;
}

Status DuckLakeCommit::rename_table(const ducklake::TableRow& table, const std::string& schema,
                                    const std::string& name) {
  TRY(end_rows("ducklake_table", "table_id", {table.id}));
  TRY(insert("ducklake_table",
             "table_id, table_uuid, begin_snapshot, end_snapshot, schema_id, table_name, path, "
             "path_is_relative",
             {fmt::format("({}, {}, {}, NULL, {}, {}, {}, {})", table.id, quote_literal(table.uuid),
                          snapshot(), table.schema_id, quote_literal(name),
                          quote_literal(table.path), truth(table.path_is_relative))}));
  changes_.push_back({ChangeKind::kCreatedTable, 0, schema, name});
  altered_.push_back(table.id);
  return {};
}

Status DuckLakeCommit::drop_table(const ducklake::TableRow& table) {
  for (const char* const rows :
       {"ducklake_table", "ducklake_column", "ducklake_partition_info", "ducklake_sort_info",
        "ducklake_column_tag", "ducklake_data_file", "ducklake_delete_file"}) {
    TRY(end_rows(rows, "table_id", {table.id}));
  }
  TRY(end_rows("ducklake_tag", "object_id", {table.id}));
  TRY_ASSIGN(const auto inlined, database_.query(fmt::format(
                                     "SELECT table_name FROM {} WHERE table_id = {}",
                                     database_.table("ducklake_inlined_data_tables"), table.id)));
  for (const CatalogRow& row : inlined) {
    TRY(database_.execute(fmt::format("UPDATE {} SET end_snapshot = {} WHERE end_snapshot IS NULL",
                                      database_.table(row.at(0).value_or("")), snapshot())));
  }
  changes_.push_back({ChangeKind::kDroppedTable, table.id, "", ""});
  schema_changed_ = true;
  return {};
}

Status DuckLakeCommit::drop_schema(const ducklake::SchemaRow& schema) {
  TRY(end_rows("ducklake_schema", "schema_id", {schema.id}));
  changes_.push_back({ChangeKind::kDroppedSchema, schema.id, "", ""});
  schema_changed_ = true;
  return {};
}

Status DuckLakeCommit::finish(const std::string& author, const std::string& message,
                              const std::string& extra_info) {
  const bool changes_schema = schema_changed_ || !altered_.empty();
  const Id schema_version = base_.schema_version + (changes_schema ? 1 : 0);
  std::vector<std::string> versions;
  std::sort(altered_.begin(), altered_.end());
  altered_.erase(std::unique(altered_.begin(), altered_.end()), altered_.end());
  for (const Id table : altered_) {
    versions.push_back(fmt::format("({}, {}, {})", snapshot(), schema_version, table));
  }
  TRY(insert("ducklake_schema_versions", "begin_snapshot, schema_version, table_id", versions));
  TRY(insert("ducklake_snapshot",
             "snapshot_id, snapshot_time, schema_version, next_catalog_id, next_file_id",
             {fmt::format("({}, {}, {}, {}, {})", snapshot(), quote_literal(snapshot_time_now()),
                          schema_version, next_catalog_id_, next_file_id_)}));
  return insert(
      "ducklake_snapshot_changes",
      "snapshot_id, changes_made, author, commit_message, commit_extra_info",
      {fmt::format("({}, {}, {}, {}, {})", snapshot(),
                   quote_literal(ducklake::print_changes(changes_)), quote_literal(author),
                   quote_literal(message), quote_literal(extra_info))});
}

}  // namespace sluice
