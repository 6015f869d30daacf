// Which folders are Delta tables, and what a catalog calls them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace sluice {

struct DeltaTablePlace {
  std::string table_id;          // "orders"; below a folder "sales/eu/orders"
  std::filesystem::path folder;  // absolute, or on S3
};

struct DeltaTableSearch {
  std::filesystem::path folder;
  bool recursive = false;  // tables below the folder, else the folder itself is one
  int max_depth = 16;
  std::vector<std::string> excludes;  // globs over names and paths below the folder
};

// Sorted by id. Folders in a table, hidden ones, and links are not looked into. `files`: those of
// the folder. Errors: kNotFound where there is no table.
Result<std::vector<DeltaTablePlace>> find_delta_tables(const DeltaTableSearch& search,
                                                       Files& files);

}  // namespace sluice
