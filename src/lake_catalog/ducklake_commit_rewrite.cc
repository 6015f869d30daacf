#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "lake_catalog/ducklake_commit.h"
#include "lake_catalog/ducklake_rows.h"
#include "lake_catalog/ducklake_values.h"

namespace sluice {

using ducklake::ChangeKind;
using ducklake::Id;
using ducklake::LakeColumn;

namespace {

constexpr std::size_t kIdsInOneUpdate = 1000;

std::string id_or_null(const std::optional<Id>& id) { return id ? std::to_string(*id) : "NULL"; }

}  // namespace

Status DuckLakeCommit::count_table(Id table) {
  const std::string files = database_.table("ducklake_data_file");
  TRY_ASSIGN(const auto counted,
             database_.query(fmt::format(
                 "SELECT COALESCE(sum(record_count), 0), COALESCE(sum(file_size_bytes), 0) FROM {} "
                 "WHERE table_id = {} AND end_snapshot IS NULL",
                 files, table)));
  Cells cells(counted.at(0));
  Id rows = cells.id();
  const Id bytes = cells.id();
  TRY_ASSIGN(const auto inlined,
             database_.query(fmt::format("SELECT table_name FROM {} WHERE table_id = {}",
                                         database_.table("ducklake_inlined_data_tables"), table)));
  for (const std::string& name : first_cells(inlined)) {
    TRY_ASSIGN(const bool is_there, database_.has_table(name));
    if (!is_there) continue;
    TRY_ASSIGN(const auto alive,
               database_.query(fmt::format("SELECT count(*) FROM {} WHERE end_snapshot IS NULL",
                                           database_.table(name))));
    rows += Cells(alive.at(0)).id();
  }
  return database_.execute(
      fmt::format("UPDATE {} SET record_count = {}, file_size_bytes = {} WHERE table_id = {}",
                  database_.table("ducklake_table_stats"), rows, bytes, table));
}

Status DuckLakeCommit::replace_deletions(Id table, const LakeRewrite& rewrite) {
  std::vector<std::string> data_files;
  std::vector<std::string> rows;
  std::vector<std::string> scheduled;
  const std::string now = quote_literal(snapshot_time_now());
  for (const PastDeletions& one : rewrite.deletions) {
    data_files.push_back(std::to_string(one.file.data_file));
    rows.push_back(fmt::format("({}, {}, {}, {}, {}, {}, {}, 'parquet', {}, {}, {}, NULL, {})",
                               next_file_id_++, table, one.first, snapshot(), one.file.data_file,
                               quote_literal(one.file.path), truth(true), one.file.rows,
                               one.file.bytes, one.file.footer_bytes, one.last));
    for (const auto& [id, path] : one.replaced) {
      const bool is_relative = path.starts_with(rewrite.data_path);
      const std::string name = is_relative ? path.substr(rewrite.data_path.size()) : path;
      scheduled.push_back(
          fmt::format("({}, {}, {}, {})", id, quote_literal(name), truth(is_relative), now));
    }
  }
  for (std::size_t first = 0; first < data_files.size(); first += kIdsInOneUpdate) {
    const auto begin = data_files.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = data_files.begin() + static_cast<std::ptrdiff_t>(
                                              std::min(data_files.size(), first + kIdsInOneUpdate));
    const std::string ids = fmt::format("{}", fmt::join(begin, end, ", "));
    TRY(database_.execute(fmt::format("DELETE FROM {} WHERE data_file_id IN ({})",
                                      database_.table("ducklake_delete_file"), ids)));
    TRY(database_.execute(fmt::format("DELETE FROM {} WHERE file_id IN ({})",
                                      database_.table(rewrite.inlined_deletes), ids)));
  }
  TRY(insert("ducklake_files_scheduled_for_deletion",
             "data_file_id, path, path_is_relative, schedule_start", scheduled));
  return insert("ducklake_delete_file",
                "delete_file_id, table_id, begin_snapshot, end_snapshot, data_file_id, path, "
                "path_is_relative, format, delete_count, file_size_bytes, footer_size, "
                "encryption_key, partial_max",
                rows);
}

Status DuckLakeCommit::rewrite(Id table, const std::vector<LakeColumn>& columns,
                               const LakeRewrite& rewrite) {
  for (std::size_t first = 0; first < rewrite.ended.size(); first += kIdsInOneUpdate) {
    const std::size_t end = std::min(rewrite.ended.size(), first + kIdsInOneUpdate);
    const std::vector<Id> ids(rewrite.ended.begin() + static_cast<std::ptrdiff_t>(first),
                              rewrite.ended.begin() + static_cast<std::ptrdiff_t>(end));
    TRY(end_rows("ducklake_data_file", "data_file_id", ids));
    TRY(end_rows("ducklake_delete_file", "data_file_id", ids));
  }
  TRY(replace_deletions(table, rewrite));
  for (const std::string& inlined : rewrite.ended_inlined) {
    TRY(database_.execute(fmt::format(
        "UPDATE {} SET end_snapshot = {} WHERE end_snapshot IS NULL AND begin_snapshot <= {}",
        database_.table(inlined), snapshot(), rewrite.inlined_until)));
  }
  std::vector<std::string> rows;
  std::vector<std::string> values;
  std::vector<NewDataFile> files;
  for (const LakeRewrite::File& one : rewrite.files) {
    const NewDataFile& file = one.file;
    const Id id = next_file_id_++;
    rows.push_back(fmt::format(
        "({}, {}, {}, NULL, NULL, {}, {}, 'parquet', {}, {}, {}, {}, {}, NULL, NULL, NULL)", id,
        table, snapshot(), quote_literal(file.path), truth(true), file.rows, file.bytes,
        file.footer_bytes, id_or_null(one.row_id_start), id_or_null(one.partition)));
    TRY(add_column_stats(id, table, file.stats));
    for (std::size_t i = 0; i < file.partition_values.size(); ++i) {
      values.push_back(
          fmt::format("({}, {}, {}, {})", id, table, i, literal_or_null(file.partition_values[i])));
    }
    files.push_back(file);
  }
  TRY(insert("ducklake_data_file",
             "data_file_id, table_id, begin_snapshot, end_snapshot, file_order, path, "
             "path_is_relative, file_format, record_count, file_size_bytes, footer_size, "
             "row_id_start, partition_id, encryption_key, mapping_id, partial_max",
             rows));
  TRY(insert("ducklake_file_partition_value",
             "data_file_id, table_id, partition_key_index, partition_value", values));
  TRY(widen_table_stats(table, columns, files, true));
  // Both, whatever was rewritten: the extension (1.5.5) holds a deletion that it puts into a file
  // against the one, and a deletion that it puts into the catalog against the other only. A
  // deletion on top of an older snapshot would be of a file that is not read any more.
  changes_.push_back({ChangeKind::kRewroteDeletes, table, "", ""});
  changes_.push_back({ChangeKind::kFlushedInlined, table, "", ""});
  return count_table(table);
}

}  // namespace sluice
