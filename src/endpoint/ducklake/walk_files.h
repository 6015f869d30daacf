// Private to endpoint/ducklake: what lies below a lake's data path.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/files.h"
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
  // What a list tells along with the names; empty on this machine, where a file is looked at.
  std::map<std::string, FoundFile> facts;
};

// A data path that is not there has no files. `files`: those of the path.
Result<FoundFiles> walk_files(const std::string& data_path, Files& files);

// One spelling for each file.
std::string plain_path(const std::string& path);

}  // namespace sluice::ducklake
