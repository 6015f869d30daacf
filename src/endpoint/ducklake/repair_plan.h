// Private to endpoint/ducklake: statements that correct a catalog, out of the findings of a check.
#pragma once

#include <string>
#include <vector>

#include "endpoint/lake_keeper.h"
#include "format/ducklake/lake_records.h"
#include "lake_catalog/catalog_database.h"

namespace sluice::ducklake {

struct RepairStep {
  LakeRepairStep told;
  std::vector<std::string> statements;
};

struct RepairPlan {
  Id snapshot = 0;  // the newest one when it was made
  std::vector<RepairStep> steps;
};

// Reads the catalog, and the files that findings are about. What it cannot repair has no step.
Result<RepairPlan> plan_repair(CatalogDatabase& database, const std::string& data_path,
                               const std::vector<LakeFinding>& findings, const LakeRepair& wanted,
                               Engine& engine);

}  // namespace sluice::ducklake
