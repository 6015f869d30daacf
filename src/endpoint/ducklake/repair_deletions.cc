#include <fmt/format.h>

#include <algorithm>

#include "endpoint/ducklake/file_scan.h"
#include "endpoint/ducklake/repair_planner.h"

namespace sluice::ducklake {

// The same row of the same file twice: the first deletion stays.
void RepairPlanner::forget_second_in_catalog(const LakeFinding& finding) {
  std::map<std::pair<Id, Id>, std::vector<const InlinedDelete*>> rows;
  for (const InlinedDelete& one : records_.inlined_deletes) {
    const bool is_it = table_name(records_, one.table_id, plan_.snapshot) == finding.table;
    if (is_it) rows[{one.file_id, one.position}].push_back(&one);
  }
  for (const auto& [place, twice] : rows) {
    if (twice.size() < 2) continue;
    Id begin = twice.front()->begin;
    for (const InlinedDelete* const one : twice) begin = std::min(begin, one->begin);
    const std::string name =
        database_.table(fmt::format("ducklake_inlined_delete_{}", twice.front()->table_id));
    auto& statements =
        step(finding.kind, finding.table,
             fmt::format("row {} of data file {} is deleted once", place.second, place.first));
    statements.push_back(fmt::format("DELETE FROM {} WHERE file_id = {} AND row_id = {}", name,
                                     place.first, place.second));
    statements.push_back(
        fmt::format("INSERT INTO {} (file_id, row_id, begin_snapshot) VALUES ({}, {}, {})", name,
                    place.first, place.second, begin));
  }
}

// Of two deletion files of which one has all that the other has, that one stays.
Status RepairPlanner::merge_deletion_files(const LakeFinding& finding) {
  const auto positions = [&](const DeleteFileRow& row) -> Result<std::set<std::string>> {
    std::set<std::string> out;
    for (const auto& [path, one] : paths_of_deletes_) {
      if (one != row.id) continue;
      TRY_ASSIGN(const auto rows, connection_->rows("SELECT pos FROM " + read_sql({path})));
      for (const TextRow& position : rows) out.insert(position.at(0).value_or(""));
    }
    return out;
  };
  const auto includes = [](const std::set<std::string>& all, const std::set<std::string>& some) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
  };
  if (!told_.insert(finding.kind + finding.table).second) return {};
  for (std::size_t i = 1; i < records_.deletes.size(); ++i) {
    const DeleteFileRow& second = records_.deletes[i];
    if (second.lifetime.end || second.format != "parquet" || second.partial_max) continue;
    for (std::size_t j = 0; j < i; ++j) {
      const DeleteFileRow& first = records_.deletes[j];
      if (first.data_file_id != second.data_file_id || first.lifetime.end) continue;
      if (table_name(records_, first.table_id, plan_.snapshot) != finding.table) continue;
      if (first.format != "parquet" || first.partial_max) continue;
      TRY_ASSIGN(const std::set<std::string> of_first, positions(first));
      TRY_ASSIGN(const std::set<std::string> of_second, positions(second));
      const std::string name = table("ducklake_delete_file");
      const std::string what =
          fmt::format("data file {} has one deletion file", first.data_file_id);
      if (includes(of_first, of_second) && first.lifetime.begin <= second.lifetime.begin) {
        step(finding.kind, finding.table, what)
            .push_back(fmt::format("DELETE FROM {} WHERE delete_file_id = {}", name, second.id));
      } else if (includes(of_second, of_first) && first.lifetime.begin < second.lifetime.begin) {
        step(finding.kind, finding.table, what)
            .push_back(fmt::format("UPDATE {} SET end_snapshot = {} WHERE delete_file_id = {}",
                                   name, second.lifetime.begin, first.id));
      }
    }
  }
  return {};
}

// A deletion in the catalog of a row that a file deletes too, and did not delete later.
Status RepairPlanner::forget_second_deletion(const LakeFinding& finding) {
  if (!told_.insert(finding.kind + finding.table).second) return {};
  forget_second_in_catalog(finding);
  for (const DeleteFileRow& row : records_.deletes) {
    const bool is_it = table_name(records_, row.table_id, plan_.snapshot) == finding.table;
    if (!is_it || row.lifetime.end || row.format != "parquet" || row.partial_max) continue;
    std::set<std::string> in_catalog;
    for (const InlinedDelete& deleted : records_.inlined_deletes) {
      if (deleted.file_id == row.data_file_id && deleted.begin >= row.lifetime.begin) {
        in_catalog.insert(std::to_string(deleted.position));
      }
    }
    if (in_catalog.empty()) continue;
    const auto path = std::find_if(deletes_.begin(), deletes_.end(),
                                   [&](const auto& one) { return one.second == &row; });
    if (path == deletes_.end()) continue;
    TRY_ASSIGN(const auto twice, connection_->rows(fmt::format(
                                     "SELECT pos FROM {} WHERE pos IN ({})",
                                     read_sql({path->first}), fmt::join(in_catalog, ", "))));
    if (twice.empty()) continue;
    std::vector<std::string> positions;
    for (const TextRow& one : twice) positions.push_back(one.at(0).value_or(""));
    step(finding.kind, finding.table,
         fmt::format("took {} deletions out of the catalog that a file has too", positions.size()))
        .push_back(fmt::format(
            "DELETE FROM {} WHERE file_id = {} AND begin_snapshot >= {} AND row_id IN ({})",
            database_.table(fmt::format("ducklake_inlined_delete_{}", row.table_id)),
            row.data_file_id, row.lifetime.begin, join(positions, ", ")));
  }
  return {};
}

}  // namespace sluice::ducklake
