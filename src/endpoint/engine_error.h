// Shared by endpoints that the engine itself reads and writes (DuckDB, Parquet): its errors made
// precise, by code and by the state of the disk.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace sluice {

// An input or output error on a full disk is kLimit; a conflict of two transactions is kTransient;
// the object is `path` where there is none.
Error refine_engine_error(Error error, const std::filesystem::path& path);

}  // namespace sluice
