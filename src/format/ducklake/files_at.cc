#include "format/ducklake/files_at.h"

#include <fmt/format.h>

#include <map>

#include "format/ducklake/lake_path.h"

namespace sluice::ducklake {
namespace {

using PartitionNames = std::map<std::pair<Id, Id>, std::string>;  // partitioning and place in it

// "year(d)", "k": by the names that the columns have at the snapshot.
PartitionNames partition_names(const LakeRecords& records, Id snapshot) {
  PartitionNames names;
  for (const PartitionColumn& part : records.partition_columns) {
    std::string column = fmt::format("column {}", part.column_id);
    for (const ColumnRow& row : records.columns) {
      if (row.table_id != part.table_id || row.id != part.column_id) continue;
      column = row.name;
      if (row.lifetime.holds(snapshot)) break;
    }
    names[{part.partition_id, part.index}] = partition_words(part.transform, column);
  }
  return names;
}

std::map<Id, std::uint64_t> inlined_deletions(const LakeRecords& records, Id snapshot) {
  std::map<Id, std::uint64_t> counts;
  for (const InlinedDelete& deleted : records.inlined_deletes) {
    if (deleted.begin <= snapshot) ++counts[deleted.file_id];
  }
  return counts;
}

}  // namespace

std::vector<TableAt> files_at(const LakeRecords& records, Id snapshot) {
  std::vector<TableAt> tables;
  std::map<Id, std::size_t> by_id;
  std::map<Id, std::string> folders;
  for (const TableRow& row : records.tables) {
    if (!row.lifetime.holds(snapshot)) continue;
    by_id[row.id] = tables.size();
    folders[row.id] = table_folder(records, row.id).value_or("");
    TableAt& table = tables.emplace_back();
    table.id = row.id;
    table.name = known_name(records, row.id, snapshot).value_or(TableName{"", row.name});
  }
  std::map<Id, const DeleteFileRow*> deletes;
  for (const DeleteFileRow& row : records.deletes) {
    if (row.lifetime.holds(snapshot)) deletes[row.data_file_id] = &row;
  }
  std::map<Id, std::vector<const PartitionValue*>> values;
  for (const PartitionValue& value : records.partition_values) {
    values[value.file_id].push_back(&value);
  }
  const std::map<Id, std::uint64_t> inlined = inlined_deletions(records, snapshot);
  const PartitionNames names = partition_names(records, snapshot);
  for (const DataFileRow& row : records.files) {
    const auto at = by_id.find(row.table_id);
    if (at == by_id.end() || !row.lifetime.holds(snapshot)) continue;
    FileAt& file = tables[at->second].files.emplace_back();
    const std::string& folder = folders[row.table_id];
    file.row = &row;
    file.path = resolve_path(folder, row.path, row.path_is_relative);
    file.facts.path = file.path;
    file.facts.rows = row.rows;
    file.facts.bytes = row.bytes;
    file.facts.added_by = row.lifetime.begin;
    if (const auto found = deletes.find(row.id); found != deletes.end()) {
      file.deletes = found->second;
      file.deletes_path = resolve_path(folder, file.deletes->path, file.deletes->path_is_relative);
      file.facts.deleted = file.deletes->rows;
    }
    if (const auto found = inlined.find(row.id); found != inlined.end()) {
      file.facts.deleted += found->second;
    }
    for (const PartitionValue* const value : values[row.id]) {
      const auto name = names.find({row.partition_id.value_or(-1), value->index});
      file.facts.partition.emplace_back(
          name == names.end() ? std::to_string(value->index) : name->second, value->value);
    }
  }
  for (const InlinedTable& table : records.inlined_tables) {
    const auto at = by_id.find(table.row.table_id);
    if (at != by_id.end() && table.is_there) tables[at->second].inlined.push_back(&table);
  }
  return tables;
}

}  // namespace sluice::ducklake
