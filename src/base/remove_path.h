// Removing files and folders, with errno as errors. What is not there already is no error.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace sluice {

Status remove_file(const std::filesystem::path& path);
Status remove_tree(const std::filesystem::path& path);
// A folder that holds something stays.
Status remove_if_empty(const std::filesystem::path& folder);

}  // namespace sluice
