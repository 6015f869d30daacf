// What the checks of files and of statistics have in common: where files are, and how many rows a
// table has.
#include <set>

#include "format/ducklake/check_files.h"
#include "format/ducklake/lake_path.h"

namespace sluice::ducklake {
namespace {

std::map<Id, std::string> folders_of(const LakeRecords& records) {
  std::map<Id, std::string> folders;
  for (const TableRow& row : records.tables) {
    if (folders.contains(row.id)) continue;
    if (auto folder = table_folder(records, row.id)) folders[row.id] = std::move(*folder);
  }
  return folders;
}

}  // namespace

FilePaths paths_of(const LakeRecords& records, const TakesTable& takes) {
  const std::map<Id, std::string> folders = folders_of(records);
  FilePaths out;
  for (const DataFileRow& row : records.files) {
    const auto folder = folders.find(row.table_id);
    if (folder == folders.end() || !takes(row.table_id)) continue;
    out.files[row.id] = resolve_path(folder->second, row.path, row.path_is_relative);
  }
  for (const DeleteFileRow& row : records.deletes) {
    const auto folder = folders.find(row.table_id);
    if (folder == folders.end() || !takes(row.table_id)) continue;
    out.deletes[row.id] = resolve_path(folder->second, row.path, row.path_is_relative);
  }
  return out;
}

std::optional<std::uint64_t> scanned_rows(const LakeRecords& records, const LakeFactsOnDisk& disk,
                                          Id table) {
  const Id newest = records.newest().id;
  std::uint64_t rows = 0;
  const auto inlined = disk.inlined.find(table);
  if (inlined != disk.inlined.end()) rows += inlined->second.rows;
  std::set<Id> live;
  for (const DataFileRow& row : records.files) {
    if (row.table_id != table || !row.lifetime.holds(newest)) continue;
    const auto facts = disk.files.find(row.id);
    if (facts == disk.files.end() || !facts->second.is_scanned) return std::nullopt;
    rows += facts->second.rows_visible;
    live.insert(row.id);
  }
  for (const DeleteFileRow& row : records.deletes) {
    if (!live.contains(row.data_file_id) || !row.lifetime.holds(newest)) continue;
    const auto facts = disk.deletes.find(row.id);
    if (facts == disk.deletes.end() || !facts->second.is_scanned) return std::nullopt;
    rows -= facts->second.visible;
  }
  for (const InlinedDelete& row : records.inlined_deletes) {
    if (live.contains(row.file_id) && row.begin <= newest) --rows;
  }
  return rows;
}

std::uint64_t catalog_rows(const LakeRecords& records, const LakeFactsOnDisk& disk, Id table) {
  const Id newest = records.newest().id;
  std::uint64_t rows = 0;
  const auto inlined = disk.inlined.find(table);
  if (inlined != disk.inlined.end()) rows += inlined->second.rows;
  std::set<Id> live;
  for (const DataFileRow& row : records.files) {
    if (row.table_id != table || !row.lifetime.holds(newest)) continue;
    rows += row.rows;
    live.insert(row.id);
  }
  for (const DeleteFileRow& row : records.deletes) {
    if (live.contains(row.data_file_id) && row.lifetime.holds(newest)) rows -= row.rows;
  }
  for (const InlinedDelete& row : records.inlined_deletes) {
    if (live.contains(row.file_id) && row.begin <= newest) --rows;
  }
  return rows;
}

}  // namespace sluice::ducklake
