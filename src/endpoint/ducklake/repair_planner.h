// Private to endpoint/ducklake: what the steps of a repair are planned with. Entries of files and
// the catalog's numbers are in repair_plan.cc, statistics in repair_statistics.cc, deletions that
// stand twice in repair_deletions.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "endpoint/ducklake/inlined.h"
#include "endpoint/ducklake/repair_plan.h"
#include "endpoint/ducklake/walk_files.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

class RepairPlanner {
 public:
  RepairPlanner(CatalogDatabase& database, std::string data_path, const LakeRepair& wanted,
                Engine& engine)
      : database_(database), data_path_(std::move(data_path)), wanted_(wanted), engine_(engine) {}

  Result<RepairPlan> run(const std::vector<LakeFinding>& findings);

 private:
  Status read(const std::vector<LakeFinding>& findings);
  Status plan(const std::vector<LakeFinding>& findings);
  Status plan_one(const LakeFinding& finding);

  Status correct_file(const LakeFinding& finding);
  Status correct_deletes(const LakeFinding& finding);
  void drop_missing(const LakeFinding& finding);
  void end_with_table(const LakeFinding& finding);
  void raise_numbers(const LakeFinding& finding);

  Status measure_file(const DataFileRow& row);
  Status measure_table(LakeTable& table);
  Result<Id> next_row_id(const LakeTable& table);
  void recount(Id table);

  Status forget_second_deletion(const LakeFinding& finding);
  void forget_second_in_catalog(const LakeFinding& finding);
  Status merge_deletion_files(const LakeFinding& finding);

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
  Files& files() const { return engine_.files_of(records_.data_path); }
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

}  // namespace sluice::ducklake
