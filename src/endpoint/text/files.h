// Private to endpoint/text: which files make which table.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/location.h"

namespace sluice::text {

struct FileTable {
  std::string name;
  std::vector<std::filesystem::path> files;  // sorted, at least one
};

// Errors: kNotFound; kInvalid for a folder without such files.
Result<std::vector<FileTable>> find_tables(const Location& location);

}  // namespace sluice::text
