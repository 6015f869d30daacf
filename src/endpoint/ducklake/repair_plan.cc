#include "endpoint/ducklake/repair_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "endpoint/ducklake/catalog_reading.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/ducklake/repair_planner.h"
#include "format/ducklake/check_files.h"
#include "lake_catalog/ducklake_records.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

bool is_about_table_stats(const LakeFinding& finding) {
  return finding.kind == "wrong_table_stats" || finding.kind == "missing_table_stats";
}

}  // namespace

Result<RepairPlan> RepairPlanner::run(const std::vector<LakeFinding>& findings) {
  Status done = read(findings);
  if (done) done = plan(findings);
  for (const auto& [id, rows] : inlined_) {
    for (const std::string& source : rows.sources) engine_.remove_source(source);
  }
  if (!done) return fail(done.error());
  return std::move(plan_);
}

Status RepairPlanner::read(const std::vector<LakeFinding>& findings) {
  std::set<std::string> tables;
  for (const LakeFinding& finding : findings) {
    if (is_about_table_stats(finding)) tables.insert(finding.table);
  }
  {
    TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(database_));
    TRY_ASSIGN(records_, read_records(database_, data_path_, RecordParts::kAll));
    plan_.snapshot = records_.newest().id;
    auto lake = DuckLakeCatalog(database_, data_path_).load({});
    if (lake) lake_ = std::move(*lake);
    for (LakeTable& one : lake_ ? lake_->tables : std::vector<LakeTable>()) {
      if (!tables.contains(one.name.display())) continue;
      TRY_ASSIGN(inlined_[one.row.id], read_inlined(database_, one, plan_.snapshot, engine_));
    }
  }
  TRY_ASSIGN(connection_, engine_.connect());
  const FilePaths paths = paths_of(records_, [](Id) { return true; });
  for (const DataFileRow& row : records_.files) {
    const auto at = paths.files.find(row.id);
    if (at != paths.files.end()) files_[plain_path(at->second)] = &row;
  }
  for (const DeleteFileRow& row : records_.deletes) {
    const auto at = paths.deletes.find(row.id);
    if (at == paths.deletes.end()) continue;
    deletes_[plain_path(at->second)] = &row;
    paths_of_deletes_.emplace_back(at->second, row.id);
  }
  return {};
}

Status RepairPlanner::plan(const std::vector<LakeFinding>& findings) {
  for (const LakeFinding& finding : findings) TRY(plan_one(finding));
  return {};
}

Status RepairPlanner::plan_one(const LakeFinding& finding) {
  const std::string& kind = finding.kind;
  if (kind == "wrong_file_size" || kind == "wrong_record_count") return correct_file(finding);
  if (kind == "wrong_delete_count") return correct_deletes(finding);
  if (kind == "deleted_twice") return forget_second_deletion(finding);
  if (kind == "two_deletion_files") return merge_deletion_files(finding);
  if (kind == "live_in_dropped_table") end_with_table(finding);
  if (kind.ends_with("_number_in_use")) raise_numbers(finding);
  const bool is_missing = kind == "missing_data_file" || kind == "missing_deletion_file";
  if (is_missing && wanted_.drop_missing) drop_missing(finding);
  if (kind == "wrong_file_stats") {
    const DataFileRow* const row = data_file(finding.file);
    if (row != nullptr && measured_files_.insert(row->id).second) return measure_file(*row);
  }
  if (!is_about_table_stats(finding) || !lake_) return {};
  for (LakeTable& one : lake_->tables) {
    const bool is_it = one.name.display() == finding.table;
    if (is_it && measured_tables_.insert(one.row.id).second) return measure_table(one);
  }
  return {};
}

Status RepairPlanner::correct_file(const LakeFinding& finding) {
  const DataFileRow* const file = data_file(finding.file);
  const DeleteFileRow* const deletes = delete_file(finding.file);
  if (finding.kind == "wrong_file_size") {
    TRY_ASSIGN(const auto found, engine_.files_of(finding.file).find(finding.file));
    if (!found || (file == nullptr && deletes == nullptr)) return {};
    const std::uint64_t bytes = found->bytes;
    auto& statements =
        step(finding.kind, finding.table, fmt::format("{} has {} bytes", finding.file, bytes));
    statements.push_back(
        fmt::format("UPDATE {} SET file_size_bytes = {} WHERE {} = {}",
                    table(file != nullptr ? "ducklake_data_file" : "ducklake_delete_file"), bytes,
                    file != nullptr ? "data_file_id" : "delete_file_id",
                    file != nullptr ? file->id : deletes->id));
    if (file != nullptr) recount(file->table_id);
    return {};
  }
  if (file == nullptr) return {};
  TRY_ASSIGN(const auto rows, connection_->value("SELECT num_rows FROM parquet_file_metadata(" +
                                                 quote_literal(finding.file) + ")"));
  step(finding.kind, finding.table, fmt::format("{} has {} rows", finding.file, rows.value_or("")))
      .push_back(fmt::format("UPDATE {} SET record_count = {} WHERE data_file_id = {}",
                             table("ducklake_data_file"), rows.value_or("0"), file->id));
  recount(file->table_id);
  return {};
}

Status RepairPlanner::correct_deletes(const LakeFinding& finding) {
  const DeleteFileRow* const file = delete_file(finding.file);
  if (file == nullptr || file->format != "parquet") return {};
  TRY_ASSIGN(const auto rows,
             connection_->value("SELECT count(*) FROM " + read_sql({finding.file})));
  step(finding.kind, finding.table,
       fmt::format("{} deletes {} rows", finding.file, rows.value_or("")))
      .push_back(fmt::format("UPDATE {} SET delete_count = {} WHERE delete_file_id = {}",
                             table("ducklake_delete_file"), rows.value_or("0"), file->id));
  return {};
}

void RepairPlanner::drop_missing(const LakeFinding& finding) {
  const DataFileRow* const file = data_file(finding.file);
  const DeleteFileRow* const deletes = delete_file(finding.file);
  if (file != nullptr) {
    auto& statements =
        step(finding.kind, finding.table,
             fmt::format("dropped the entry of {} with its {} rows", finding.file, file->rows));
    for (const char* const name : {"ducklake_data_file", "ducklake_file_column_stats",
                                   "ducklake_file_partition_value", "ducklake_delete_file"}) {
      statements.push_back(
          fmt::format("DELETE FROM {} WHERE data_file_id = {}", table(name), file->id));
    }
    recount(file->table_id);
  } else if (deletes != nullptr) {
    step(finding.kind, finding.table,
         fmt::format("dropped the entry of {}: {} deleted rows are there again", finding.file,
                     deletes->rows))
        .push_back(fmt::format("DELETE FROM {} WHERE delete_file_id = {}",
                               table("ducklake_delete_file"), deletes->id));
  }
}

void RepairPlanner::end_with_table(const LakeFinding& finding) {
  if (!told_.insert(finding.kind + finding.table).second) return;
  std::set<Id> live;
  std::map<Id, Id> ends;
  for (const TableRow& row : records_.tables) {
    if (row.lifetime.holds(plan_.snapshot)) live.insert(row.id);
    ends[row.id] = std::max(ends[row.id], row.lifetime.end.value_or(0));
  }
  std::set<Id> dead;
  const auto look = [&](const auto& row) {
    const bool is_dead = !row.lifetime.end && !live.contains(row.table_id);
    if (is_dead && table_name(records_, row.table_id, plan_.snapshot) == finding.table) {
      dead.insert(row.table_id);
    }
  };
  for (const auto& row : records_.files) look(row);
  for (const auto& row : records_.deletes) look(row);
  for (const auto& row : records_.columns) look(row);
  for (const Id id : dead) {
    const auto end = ends.find(id);
    const Id snapshot = end == ends.end() ? plan_.snapshot : end->second;
    auto& statements = step(finding.kind, finding.table,
                            fmt::format("ended what table {} left at snapshot {}", id, snapshot));
    for (const char* const name :
         {"ducklake_data_file", "ducklake_delete_file", "ducklake_column"}) {
      statements.push_back(
          fmt::format("UPDATE {} SET end_snapshot = {} WHERE table_id = {} AND end_snapshot IS "
                      "NULL",
                      table(name), snapshot, id));
    }
  }
  for (const InlinedTable& inlined : records_.inlined_tables) {
    const bool is_it = table_name(records_, inlined.row.table_id, plan_.snapshot) == finding.table;
    if (!is_it || ends.contains(inlined.row.table_id)) continue;
    auto& statements = step(finding.kind, finding.table, "dropped " + inlined.row.name);
    statements.push_back(fmt::format("DELETE FROM {} WHERE table_name = {}",
                                     table("ducklake_inlined_data_tables"),
                                     quote_literal(inlined.row.name)));
    if (!inlined.is_there) continue;
    statements.push_back("DROP TABLE " + database_.table(inlined.row.name));
  }
}

void RepairPlanner::raise_numbers(const LakeFinding& finding) {
  if (!told_.insert(finding.kind).second) return;
  const bool is_file = finding.kind == "file_number_in_use";
  Id highest = 0;
  if (is_file) {
    for (const auto& row : records_.files) highest = std::max(highest, row.id);
    for (const auto& row : records_.deletes) highest = std::max(highest, row.id);
  } else {
    for (const auto& row : records_.schemas) highest = std::max(highest, row.id);
    for (const auto& row : records_.tables) highest = std::max(highest, row.id);
    for (const auto& row : records_.views) highest = std::max(highest, row.id);
    for (const auto& row : records_.others) highest = std::max(highest, row.id);
  }
  step(finding.kind, "", fmt::format("the next number is {}", highest + 1))
      .push_back(
          fmt::format("UPDATE {} SET {} = {} WHERE snapshot_id = {}", table("ducklake_snapshot"),
                      is_file ? "next_file_id" : "next_catalog_id", highest + 1, plan_.snapshot));
}

Result<RepairPlan> plan_repair(CatalogDatabase& database, const std::string& data_path,
                               const std::vector<LakeFinding>& findings, const LakeRepair& wanted,
                               Engine& engine) {
  return RepairPlanner(database, data_path, wanted, engine).run(findings);
}

}  // namespace sluice::ducklake
