// Private to endpoint/parquet.
#pragma once

#include <filesystem>
#include <memory>

#include "endpoint/endpoint.h"

namespace sluice::parquet {

Result<std::unique_ptr<ReadSession>> read_parquet(const std::filesystem::path& location,
                                                  Engine& engine);

// A relation with all columns of some tables' files.
std::string scan_sql(const std::string& list_sql, bool is_hive, const std::string& options);

}  // namespace sluice::parquet
