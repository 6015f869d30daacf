// Private to endpoint/delta: walks a table's log commit by commit, and holds what stands for
// several of them against what they make.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lake_catalog/delta_log.h"
#include "model/lake_facts.h"

namespace sluice::delta {

struct CheckedHistory {
  std::vector<LakeFinding> findings;
  std::vector<LakeFinding> notes;
  // Files below the table that some kept version has or had, deletion vectors' too: paths on this
  // machine, normal.
  std::set<std::string> known;
};

// A checkpoint or a commit that cannot be read is a finding; whether the newest version can be read
// all the same is for the caller to see. Errors: kCancelled, and what says nothing about the log.
Result<CheckedHistory> check_history(const DeltaLog& log);

// One spelling for each file.
std::string plain_path(const std::string& path);

}  // namespace sluice::delta
