// Private to endpoint/ducklake: what lies between two snapshots.
#pragma once

#include <string>
#include <vector>

#include "endpoint/lake_inspector.h"
#include "format/ducklake/lake_records.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

struct DiffInput {
  LakeMoment since;
  LakeMoment until;
  std::string data_path;
  std::vector<std::string> tables;  // globs
};

Result<LakeDifference> difference_between(CatalogDatabase& database, const DiffInput& input,
                                          Engine& engine);

// A snapshot with its changes in words.
LakeSnapshotFacts snapshot_facts(const LakeRecords& records, const SnapshotRow& row);

}  // namespace sluice::ducklake
