// Private to endpoint/ducklake: what lies below a lake's data path.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/lake_facts.h"

namespace sluice::ducklake {

struct FoundStaging {
  StagingFolder folder;
  std::vector<std::string> files;
};

struct FoundFiles {
  std::vector<std::string> files;  // data files and deletions, by their endings, outside of staging
  std::vector<FoundStaging> staging;
};

// A data path that is not there has no files. Errors: kUnsupported for one that is no folder of
// this machine.
Result<FoundFiles> walk_files(const std::string& data_path);

// One spelling for each file.
std::string plain_path(const std::string& path);

}  // namespace sluice::ducklake
