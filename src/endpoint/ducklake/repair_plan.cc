#include "endpoint/ducklake/repair_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/text.h"
#include "endpoint/ducklake/catalog_reading.h"
#include "endpoint/ducklake/file_layout.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/ducklake/inlined.h"
#include "endpoint/ducklake/measure_rows.h"
#include "endpoint/ducklake/walk_files.h"
#include "format/ducklake/check_files.h"
#include "format/ducklake/reserved_names.h"
#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_records.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

std::string text_or_null(const std::optional<std::string>& text) {
  return text ? quote_literal(*text) : "NULL";
}

void collect_leaves(const std::vector<LakeColumn>& columns, std::vector<Id>& out) {
  for (const LakeColumn& column : columns) {
    if (column.parts.empty()) out.push_back(column.row.id);
    collect_leaves(column.parts, out);
  }
}

class Planner {
 public:
  Planner(CatalogDatabase& database, std::string data_path, const LakeRepair& wanted,
          Engine& engine)
      : database_(database), data_path_(std::move(data_path)), wanted_(wanted), engine_(engine) {}

  Result<RepairPlan> run(const std::vector<LakeFinding>& findings) {
    Status done = read(findings);
    if (done) done = plan(findings);
    for (const auto& [id, rows] : inlined_) {
      for (const std::string& source : rows.sources) engine_.remove_source(source);
    }
    if (!done) return fail(done.error());
    return std::move(plan_);
  }

 private:
  Status read(const std::vector<LakeFinding>& findings);
  Status plan(const std::vector<LakeFinding>& findings);
  Status plan_one(const LakeFinding& finding);
  Status correct_file(const LakeFinding& finding);
  Status correct_deletes(const LakeFinding& finding);
  void drop_missing(const LakeFinding& finding);
  Status measure_file(const DataFileRow& row);
  Status measure_table(LakeTable& table);
  Result<Id> next_row_id(const LakeTable& table);
  void end_with_table(const LakeFinding& finding);
  Status forget_second_deletion(const LakeFinding& finding);
  void forget_second_in_catalog(const LakeFinding& finding);
  Status merge_deletion_files(const LakeFinding& finding);
  void raise_numbers(const LakeFinding& finding);
  void recount(Id table);

  std::string table(const char* name) const { return database_.table(name); }
  std::string truth(bool value) const {
    return value ? database_.dialect().yes : database_.dialect().no;
  }
  std::vector<std::string>& step(const std::string& kind, const std::string& about,
                                 std::string what) {
    RepairStep& one = plan_.steps.emplace_back();
    one.told = {kind, about, std::move(what)};
    return one.statements;
  }
  std::string scratch() const { return records_.data_path + ".sluice_" + to_lower(make_ulid()); }
  const DataFileRow* data_file(const std::string& path) const {
    const auto at = files_.find(plain_path(path));
    return at == files_.end() ? nullptr : at->second;
  }
  const DeleteFileRow* delete_file(const std::string& path) const {
    const auto at = deletes_.find(plain_path(path));
    return at == deletes_.end() ? nullptr : at->second;
  }

  CatalogDatabase& database_;
  std::string data_path_;
  const LakeRepair& wanted_;
  Engine& engine_;
  std::unique_ptr<EngineConnection> connection_;
  LakeRecords records_;
  std::optional<Lake> lake_;  // nothing where it cannot be loaded as it stands
  std::map<Id, InlinedRows> inlined_;
  std::map<std::string, const DataFileRow*> files_;
  std::map<std::string, const DeleteFileRow*> deletes_;
  std::vector<std::pair<std::string, Id>> paths_of_deletes_;
  std::set<Id> measured_files_;
  std::set<Id> measured_tables_;
  std::set<std::string> told_;
  RepairPlan plan_;
};

bool is_about_table_stats(const LakeFinding& finding) {
  return finding.kind == "wrong_table_stats" || finding.kind == "missing_table_stats";
}

Status Planner::read(const std::vector<LakeFinding>& findings) {
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

Status Planner::plan(const std::vector<LakeFinding>& findings) {
  for (const LakeFinding& finding : findings) TRY(plan_one(finding));
  return {};
}

Status Planner::plan_one(const LakeFinding& finding) {
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

Status Planner::correct_file(const LakeFinding& finding) {
  const DataFileRow* const file = data_file(finding.file);
  const DeleteFileRow* const deletes = delete_file(finding.file);
  if (finding.kind == "wrong_file_size") {
    std::error_code code;
    const std::uint64_t bytes = fs::file_size(finding.file, code);
    if (code || (file == nullptr && deletes == nullptr)) return {};
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

Status Planner::correct_deletes(const LakeFinding& finding) {
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

void Planner::drop_missing(const LakeFinding& finding) {
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

// Of a file that only earlier snapshots have, whose columns need not be those of now, nothing is
// said any more: readers then look into it.
Status Planner::measure_file(const DataFileRow& row) {
  const std::string name = table_name(records_, row.table_id, plan_.snapshot);
  const auto of_table = [&](const LakeTable& one) { return one.row.id == row.table_id; };
  const std::string where = fmt::format("WHERE data_file_id = {}", row.id);
  const std::string stats = table("ducklake_file_column_stats");
  if (lake_ && !row.lifetime.end && !row.mapping_id) {
    const auto at = std::find_if(lake_->tables.begin(), lake_->tables.end(), of_table);
    if (at != lake_->tables.end()) {
      LakeTable one = *at;
      std::erase_if(one.files, [&](const LakeFile& file) { return file.row.id != row.id; });
      for (LakeFile& file : one.files) {
        file.deletes.reset();
        file.has_inlined_deletes = false;
      }
      TRY(find_layouts(one, engine_));
      TRY_ASSIGN(const auto selects, file_selects({&one, plan_.snapshot, ""}, {{0, 0, 0}}));
      TRY_ASSIGN(const MeasuredRows rows,
                 measure_rows(*connection_, selects.front(), one.columns, scratch()));
      auto& statements = step("wrong_file_stats", name,
                              fmt::format("measured the columns of data file {} anew", row.id));
      for (const auto& [column, facts] : rows.columns) {
        statements.push_back(fmt::format(
            "UPDATE {} SET value_count = {}, null_count = {}, min_value = {}, max_value = {}, "
            "contains_nan = {} {} AND column_id = {}",
            stats, facts.values, facts.nulls, text_or_null(facts.min), text_or_null(facts.max),
            facts.has_nan ? truth(*facts.has_nan) : "NULL", where, column));
      }
      return {};
    }
  }
  step("wrong_file_stats", name,
       fmt::format("the bounds of data file {} are unknown from now on", row.id))
      .push_back(fmt::format("UPDATE {} SET value_count = NULL, null_count = NULL, min_value = "
                             "NULL, max_value = NULL, contains_nan = NULL {}",
                             stats, where));
  return {};
}

// Above all numbers that rows of the table have.
Result<Id> Planner::next_row_id(const LakeTable& one) {
  Id next = 0;
  for (const TableStats& row : records_.table_stats) {
    if (row.table_id == one.row.id) next = row.next_row_id.value_or(0);
  }
  std::vector<std::string> numbered;
  for (const LakeFile& file : one.files) {
    if (file.row.row_id_start) {
      next = std::max(next, *file.row.row_id_start + static_cast<Id>(file.row.rows));
    } else {
      numbered.push_back(file.path);
    }
  }
  for (const InlinedTable& inlined : records_.inlined_tables) {
    if (inlined.row.table_id == one.row.id) next = std::max(next, inlined.row_id_max + 1);
  }
  if (numbered.empty()) return next;
  TRY_ASSIGN(const auto highest,
             connection_->value(fmt::format("SELECT max({}) FROM {}", kRowId, read_sql(numbered))));
  return highest ? std::max(next, Id{std::stoll(*highest)} + 1) : next;
}

Status Planner::measure_table(LakeTable& one) {
  const Id id = one.row.id;
  TRY(find_layouts(one, engine_));
  const InlinedRows& inlined = inlined_[id];
  std::vector<FilePart> parts;
  for (std::size_t i = 0; i < one.files.size(); ++i) parts.push_back({i, 0, 0});
  TRY_ASSIGN(auto selects, file_selects({&one, plan_.snapshot, inlined.deletes}, parts));
  selects.insert(selects.end(), inlined.selects.begin(), inlined.selects.end());
  MeasuredRows rows;
  if (!selects.empty()) {
    TRY_ASSIGN(rows,
               measure_rows(*connection_, join(selects, " UNION ALL "), one.columns, scratch()));
  }
  std::vector<Id> leaves;
  collect_leaves(one.columns, leaves);
  auto& statements =
      step("wrong_table_stats", one.name.display(),
           fmt::format("measured {} rows in {} columns anew", rows.rows, leaves.size()));
  const std::string stats = table("ducklake_table_column_stats");
  statements.push_back(fmt::format("DELETE FROM {} WHERE table_id = {} AND column_id IN ({})",
                                   stats, id, fmt::join(leaves, ", ")));
  for (const Id leaf : leaves) {
    const auto at = rows.columns.find(leaf);
    const bool is_known = at != rows.columns.end() && at->second.values + at->second.nulls > 0;
    const MeasuredColumn facts = is_known ? at->second : MeasuredColumn{};
    const bool has_null = rows.rows > 0 && (!is_known || facts.nulls > 0);
    statements.push_back(fmt::format(
        "INSERT INTO {} (table_id, column_id, contains_null, contains_nan, min_value, max_value, "
        "extra_stats) VALUES ({}, {}, {}, {}, {}, {}, NULL)",
        stats, id, leaf, truth(has_null), facts.has_nan ? truth(*facts.has_nan) : "NULL",
        text_or_null(facts.min), text_or_null(facts.max)));
  }
  const bool is_there = std::any_of(records_.table_stats.begin(), records_.table_stats.end(),
                                    [&](const TableStats& row) { return row.table_id == id; });
  if (!is_there) {
    statements.push_back(
        fmt::format("INSERT INTO {} (table_id, record_count, next_row_id, "
                    "file_size_bytes) VALUES ({}, 0, 0, 0)",
                    table("ducklake_table_stats"), id));
  }
  TRY_ASSIGN(const Id next, next_row_id(one));
  statements.push_back(fmt::format("UPDATE {} SET next_row_id = {} WHERE table_id = {}",
                                   table("ducklake_table_stats"), next, id));
  recount(id);
  return {};
}

// The table's rows and bytes, as the catalog adds them up; deleted rows are rows.
void Planner::recount(Id id) {
  std::string rows = fmt::format(
      "(SELECT COALESCE(sum(record_count), 0) FROM {} WHERE table_id = {} AND end_snapshot IS "
      "NULL)",
      table("ducklake_data_file"), id);
  for (const InlinedTable& inlined : records_.inlined_tables) {
    if (inlined.row.table_id != id || !inlined.is_there) continue;
    rows += fmt::format(" + (SELECT count(*) FROM {} WHERE end_snapshot IS NULL)",
                        database_.table(inlined.row.name));
  }
  plan_.steps.back().statements.push_back(fmt::format(
      "UPDATE {} SET record_count = {}, file_size_bytes = (SELECT COALESCE(sum(file_size_bytes), "
      "0) FROM {} WHERE table_id = {} AND end_snapshot IS NULL) WHERE table_id = {}",
      table("ducklake_table_stats"), rows, table("ducklake_data_file"), id, id));
}

void Planner::end_with_table(const LakeFinding& finding) {
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

// The same row of the same file twice: the first deletion stays.
void Planner::forget_second_in_catalog(const LakeFinding& finding) {
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
Status Planner::merge_deletion_files(const LakeFinding& finding) {
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
Status Planner::forget_second_deletion(const LakeFinding& finding) {
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

void Planner::raise_numbers(const LakeFinding& finding) {
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

}  // namespace

Result<RepairPlan> plan_repair(CatalogDatabase& database, const std::string& data_path,
                               const std::vector<LakeFinding>& findings, const LakeRepair& wanted,
                               Engine& engine) {
  return Planner(database, data_path, wanted, engine).run(findings);
}

}  // namespace sluice::ducklake
