// Writing one file for `export`, and reading it back.
#pragma once

#include <filesystem>
#include <string>

#include "engine/engine.h"
#include "model/digest.h"

namespace sluice {

// "parquet", "csv" or "json": the file's ending and the engine's format.
// Writes the rows of `select_sql`, whose columns have these names, whole or not at all, then reads
// the file back in the same types. Returns: the digest of what was written. Errors: kMismatch where
// the file does not give the same rows again; the file is not kept then.
Result<Digest> export_file(EngineConnection& connection, const std::string& select_sql,
                           const std::filesystem::path& file, const std::string& format);

}  // namespace sluice
