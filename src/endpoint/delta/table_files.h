// Private to endpoint/delta: the files in a table's folder that may be data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "engine/engine.h"

namespace sluice::delta {

struct TableFile {
  std::string path;  // normal
  std::uint64_t bytes = 0;
  std::int64_t modified_ms = 0;
};

// Data files and deletion vectors, sorted. What begins with `.` or `_` is not looked at, as VACUUM
// does it, but for folders of a partition column (`_day=1`); nor are other tables below.
Result<std::vector<TableFile>> table_files(const std::filesystem::path& folder, Files& files);

// The first of these files that is not there. Elsewhere than on this machine those below `folder`
// are listed, which asks for a thousand at once.
Result<std::optional<std::string>> first_missing(const std::vector<std::string>& paths,
                                                 const std::filesystem::path& folder,
                                                 Engine& engine);

}  // namespace sluice::delta
