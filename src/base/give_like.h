// What takes the place of a file stays whose that was, and is read by those who read it.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace sluice {

// Elsewhere than on this machine (base/files.h) nothing has an owner: both do nothing.

// Gives a file the owner, the group and the mode of `model`, of which a folder's x does not count.
// What this process may not give away stays its own. Errors: kNotFound where one is not there.
Status give_like(const std::filesystem::path& path, const std::filesystem::path& model);

// Makes a folder and those above it that are missing; each gets what the one above it has.
Status make_folders_like_above(const std::filesystem::path& path);

}  // namespace sluice
