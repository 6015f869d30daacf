// What the engine's COPY ... (FORMAT parquet, RETURN_STATS) tells of the files that it wrote.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace sluice {

using TextMap = std::vector<std::pair<std::string, std::optional<std::string>>>;

struct CopiedFile {
  std::filesystem::path path;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t footer_bytes = 0;
  // By the path of a leaf, "l"."element": min, max, null_count, has_nan, num_values, ...
  std::map<std::string, TextMap> statistics;
  TextMap partition;  // by the name of a PARTITION_BY column
};

// Runs such a COPY.
Result<std::vector<CopiedFile>> copy_to_files(EngineConnection& connection, const std::string& sql);

// What COPY says as text; 0 for no number.
std::uint64_t copied_number(std::string_view text);

}  // namespace sluice
