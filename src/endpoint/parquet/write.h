// Private to endpoint/parquet.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "endpoint/endpoint.h"

namespace sluice::parquet {

Result<std::unique_ptr<WriteSession>> write_parquet(const std::filesystem::path& folder,
                                                    Engine& engine, const std::string& run,
                                                    const TargetPlan& plan);

}  // namespace sluice::parquet
