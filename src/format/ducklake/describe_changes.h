// A lake's history in words.
#pragma once

#include <string>
#include <vector>

#include "format/ducklake/lake_records.h"

namespace sluice::ducklake {

// What a snapshot changed: `inserted into main.t`, `altered main.t: added column "z" int32`. A
// change of a kind that is not known stands as the catalog has it.
std::vector<std::string> describe_changes(const LakeRecords& records, const SnapshotRow& snapshot);

// How the columns of one table differ: `added column "z" int32`, `renamed column "a" to "b"`. Parts
// of nested columns by their whole name, "s.x".
std::vector<std::string> column_changes(const std::vector<ColumnRow>& before,
                                        const std::vector<ColumnRow>& after);

// The run of sluice that made it, "" for one that somebody else made.
std::string run_of(const SnapshotRow& snapshot);

}  // namespace sluice::ducklake
