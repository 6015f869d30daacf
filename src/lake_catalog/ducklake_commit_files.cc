#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "lake_catalog/ducklake_commit.h"
#include "lake_catalog/ducklake_rows.h"
#include "lake_catalog/ducklake_values.h"

namespace sluice {

using ducklake::ChangeKind;
using ducklake::ColumnStats;
using ducklake::Id;
using ducklake::LakeColumn;
using ducklake::TableColumnStats;

namespace {

// Columns with values of their own: those without parts.
void collect_leaves(const std::vector<LakeColumn>& columns, std::map<Id, Type>& out) {
  for (const LakeColumn& column : columns) {
    if (column.parts.empty()) {
      out[column.row.id] = column.type;
    } else {
      collect_leaves(column.parts, out);
    }
  }
}

}  // namespace

Result<Id> DuckLakeCommit::take_row_ids(Id table, const std::vector<NewDataFile>& files,
                                        bool& has_rows) {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (const NewDataFile& file : files) {
    rows += file.rows;
    bytes += file.bytes;
  }
  const std::string stats = database_.table("ducklake_table_stats");
  TRY_ASSIGN(const auto found,
             database_.query(fmt::format(
                 "SELECT record_count, next_row_id FROM {} WHERE table_id = {}", stats, table)));
  if (found.empty()) {
    has_rows = false;
    TRY(insert("ducklake_table_stats", "table_id, record_count, next_row_id, file_size_bytes",
               {fmt::format("({}, {}, {}, {})", table, rows, rows, bytes)}));
    return Id{0};
  }
  Cells cells(found.front());
  has_rows = cells.id() > 0;
  const Id first = cells.id();
  TRY(database_.execute(fmt::format(
      "UPDATE {} SET record_count = record_count + {}, next_row_id = {}, file_size_bytes = "
      "file_size_bytes + {} WHERE table_id = {}",
      stats, rows, first + static_cast<Id>(rows), bytes, table)));
  return first;
}

Status DuckLakeCommit::add_column_stats(Id file, Id table, const ducklake::FileStats& stats) {
  std::vector<std::string> rows;
  for (const auto& [column, one] : stats) {
    rows.push_back(fmt::format("({}, {}, {}, {}, {}, {}, {}, {}, {}, NULL)", file, table, column,
                               one.bytes, one.values, one.nulls, literal_or_null(one.min),
                               literal_or_null(one.max),
                               one.has_nan ? truth(*one.has_nan) : "NULL"));
  }
  return insert("ducklake_file_column_stats",
                "data_file_id, table_id, column_id, column_size_bytes, value_count, null_count, "
                "min_value, max_value, contains_nan, extra_stats",
                rows);
}

// Every column gets its row, since readers of other programs need one.
Status DuckLakeCommit::widen_table_stats(Id table, const std::vector<LakeColumn>& columns,
                                         const std::vector<NewDataFile>& files, bool has_rows) {
  std::map<Id, Type> leaves;
  collect_leaves(columns, leaves);
  const std::string stats = database_.table("ducklake_table_column_stats");
  TRY_ASSIGN(const auto rows, database_.query(fmt::format(
                                  "SELECT column_id, contains_null, contains_nan, min_value, "
                                  "max_value FROM {} WHERE table_id = {}",
                                  stats, table)));
  std::map<Id, TableColumnStats> known;
  for (const CatalogRow& row : rows) {
    Cells cells(row);
    TableColumnStats& one = known[cells.id()];
    one.has_null = cells.truth(true);
    const std::optional<std::string> nan = cells.optional_text();
    if (nan) one.has_nan = *nan == "1" || *nan == "t" || *nan == "true";
    one.min = cells.optional_text();
    one.max = cells.optional_text();
  }
  std::vector<std::string> added;
  for (const auto& [column, type] : leaves) {
    const auto before = known.find(column);
    // A column that came later than rows of the table is NULL, or its default, in these.
    const bool is_new = before == known.end();
    TableColumnStats all = is_new ? TableColumnStats{} : before->second;
    if (is_new && has_rows) all.has_null = true;
    bool any = has_rows;
    for (const NewDataFile& file : files) {
      const auto one = file.stats.find(column);
      all = widened_by(all, any, one == file.stats.end() ? ColumnStats{} : one->second, type);
      any = true;
    }
    const std::string nan = all.has_nan ? truth(*all.has_nan) : "NULL";
    if (is_new) {
      added.push_back(fmt::format("({}, {}, {}, {}, {}, {}, NULL)", table, column,
                                  truth(all.has_null), nan, literal_or_null(all.min),
                                  literal_or_null(all.max)));
      continue;
    }
    TRY(database_.execute(
        fmt::format("UPDATE {} SET contains_null = {}, contains_nan = {}, min_value = {}, "
                    "max_value = {} WHERE table_id = {} AND column_id = {}",
                    stats, truth(all.has_null), nan, literal_or_null(all.min),
                    literal_or_null(all.max), table, column)));
  }
  return insert("ducklake_table_column_stats",
                "table_id, column_id, contains_null, contains_nan, min_value, max_value, "
                "extra_stats",
                added);
}

Status DuckLakeCommit::add_files(Id table, const std::vector<LakeColumn>& columns,
                                 const std::vector<NewDataFile>& files) {
  bool has_rows = false;
  TRY_ASSIGN(Id row, take_row_ids(table, files, has_rows));
  TRY(widen_table_stats(table, columns, files, has_rows));
  if (files.empty()) return {};
  TRY_ASSIGN(const auto partitions,
             database_.query(fmt::format(
                 "SELECT partition_id FROM {} WHERE table_id = {} AND end_snapshot IS NULL",
                 database_.table("ducklake_partition_info"), table)));
  const std::string partition = partitions.empty() ? "NULL" : partitions.front().at(0).value_or("");
  std::vector<std::string> rows;
  std::vector<std::string> values;
  for (const NewDataFile& file : files) {
    const Id id = next_file_id_++;
    rows.push_back(fmt::format(
        "({}, {}, {}, NULL, NULL, {}, {}, 'parquet', {}, {}, {}, {}, {}, NULL, NULL, NULL)", id,
        table, snapshot(), quote_literal(file.path), truth(true), file.rows, file.bytes,
        file.footer_bytes, row, file.partition_values.empty() ? "NULL" : partition));
    row += static_cast<Id>(file.rows);
    TRY(add_column_stats(id, table, file.stats));
    for (std::size_t i = 0; i < file.partition_values.size(); ++i) {
      values.push_back(
          fmt::format("({}, {}, {}, {})", id, table, i, literal_or_null(file.partition_values[i])));
    }
  }
  TRY(insert("ducklake_data_file",
             "data_file_id, table_id, begin_snapshot, end_snapshot, file_order, path, "
             "path_is_relative, file_format, record_count, file_size_bytes, footer_size, "
             "row_id_start, partition_id, encryption_key, mapping_id, partial_max",
             rows));
  changes_.push_back({ChangeKind::kInserted, table, "", ""});
  return insert("ducklake_file_partition_value",
                "data_file_id, table_id, partition_key_index, partition_value", values);
}

Status DuckLakeCommit::add_deletes(Id table, const std::vector<NewDeleteFile>& files) {
  if (files.empty()) return {};
  std::vector<Id> data_files;
  std::vector<std::string> rows;
  for (const NewDeleteFile& file : files) {
    data_files.push_back(file.data_file);
    rows.push_back(fmt::format("({}, {}, {}, NULL, {}, {}, {}, 'parquet', {}, {}, {}, NULL, NULL)",
                               next_file_id_++, table, snapshot(), file.data_file,
                               quote_literal(file.path), truth(true), file.rows, file.bytes,
                               file.footer_bytes));
  }
  TRY(end_rows("ducklake_delete_file", "data_file_id", data_files));
  changes_.push_back({ChangeKind::kDeleted, table, "", ""});
  return insert("ducklake_delete_file",
                "delete_file_id, table_id, begin_snapshot, end_snapshot, data_file_id, path, "
                "path_is_relative, format, delete_count, file_size_bytes, footer_size, "
                "encryption_key, partial_max",
                rows);
}

Status DuckLakeCommit::end_files(Id table, const std::vector<Id>& files) {
  if (files.empty()) return {};
  TRY(end_rows("ducklake_data_file", "data_file_id", files));
  TRY(end_rows("ducklake_delete_file", "data_file_id", files));
  changes_.push_back({ChangeKind::kDeleted, table, "", ""});
  return {};
}

// A row of the catalog again, with other values in some of its columns.
Status DuckLakeCommit::copy_rows(std::string_view table,
                                 const std::map<std::string, std::string>& set,
                                 const std::string& where) {
  TRY_ASSIGN(const auto names, database_.column_names(table));
  std::vector<std::string> items;
  std::vector<std::string> columns;
  for (const std::string& column : names) {
    columns.push_back(quote_identifier(column));
    const auto value = set.find(column);
    items.push_back(value == set.end() ? columns.back() : value->second);
  }
  const std::string name = database_.table(table);
  return database_.execute(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {}", name,
                                       join(columns, ", "), join(items, ", "), name, where));
}

Result<Id> DuckLakeCommit::copy_data_file(Id file, const std::string& path) {
  const Id id = next_file_id_++;
  const std::string number = std::to_string(id);
  const std::string where = fmt::format("data_file_id = {}", file);
  TRY(copy_rows("ducklake_data_file",
                {{"data_file_id", number},
                 {"begin_snapshot", std::to_string(snapshot())},
                 {"end_snapshot", "NULL"},
                 {"path", quote_literal(path)},
                 {"path_is_relative", truth(true)}},
                where));
  TRY(copy_rows("ducklake_file_column_stats", {{"data_file_id", number}}, where));
  TRY(copy_rows("ducklake_file_partition_value", {{"data_file_id", number}}, where));
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT table_id FROM {} WHERE data_file_id = {}",
                                         database_.table("ducklake_data_file"), id)));
  changes_.push_back({ChangeKind::kInserted, Cells(rows.at(0)).id(), "", ""});
  return id;
}

Status DuckLakeCommit::revert_inlined(Id table, const std::string& inlined_table, Id past) {
  const std::string name = database_.table(inlined_table);
  TRY(database_.execute(fmt::format(
      "UPDATE {} SET end_snapshot = {} WHERE end_snapshot IS NULL AND begin_snapshot > {}", name,
      snapshot(), past)));
  TRY(copy_rows(inlined_table,
                {{"begin_snapshot", std::to_string(snapshot())}, {"end_snapshot", "NULL"}},
                fmt::format("begin_snapshot <= {0} AND end_snapshot > {0} AND end_snapshot < {1}",
                            past, snapshot())));
  changes_.push_back({ChangeKind::kInlinedDelete, table, "", ""});
  changes_.push_back({ChangeKind::kInlinedInsert, table, "", ""});
  return {};
}

Status DuckLakeCommit::end_inlined(Id table, const std::string& inlined_table,
                                   const std::vector<Id>& row_ids) {
  if (row_ids.empty()) return {};
  TRY(end_rows(inlined_table, "row_id", row_ids));
  changes_.push_back({ChangeKind::kInlinedDelete, table, "", ""});
  return {};
}

}  // namespace sluice
