// Private to endpoint/duckdb: the engine's errors made precise, by code and by the file's state.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace sluice {

// An input or output error on a full disk is kLimit; a conflict of two transactions is kTransient;
// object and hint are filled where they are empty.
Error refine_duckdb_error(Error error, const std::filesystem::path& path);

}  // namespace sluice
