// A folder, and those above it that are missing.
#pragma once

#include <filesystem>
#include <functional>

#include "base/result.h"

namespace sluice {

// Makes them, the outermost first. `made` gets each that this call made, and not those that another
// thread or process was faster with.
Status make_missing_folders(const std::filesystem::path& path,
                            const std::function<Status(const std::filesystem::path&)>& made);

}  // namespace sluice
