// What is wrong with a catalog by itself, without a look at its files.
#pragma once

#include <functional>
#include <vector>

#include "format/ducklake/lake_records.h"
#include "model/lake_facts.h"

namespace sluice::ducklake {

// Which tables are looked at, by number; a number that no table has is looked at with all.
using TakesTable = std::function<bool(Id)>;

// The chain of snapshots and the numbers that they hand out.
std::vector<LakeFinding> check_snapshots(const LakeRecords& records);

// Rows that live on in dropped tables, two files of deletions for one data file, what a catalog has
// to have for each table.
std::vector<LakeFinding> check_tables(const LakeRecords& records, const TakesTable& takes);

}  // namespace sluice::ducklake
