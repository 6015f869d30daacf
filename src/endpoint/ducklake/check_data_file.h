// Private to endpoint/ducklake: whether files of a lake can be opened at all, said in a user's
// words before the engine is asked. Not done here: reading their values.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

// The file and its file of deletions. Errors: kNotFound for one that is not there, kCorrupt for one
// without the end of a Parquet file; both name the table and the file. Nothing is said of files
// that are not on this machine.
Status check_data_file(const LakeTable& table, const LakeFile& file);
Status check_data_files(const LakeTable& table, Engine& engine);

// Whether those of the table's files that are not on this machine are there; of the others nothing
// is said. Errors: kNotFound names the table and the file.
Status check_remote_files(const LakeTable& table, Engine& engine);

// `what`: "file" or "file of deletions".
Error missing_file(const std::string& table, std::string_view what, const std::string& path);

}  // namespace sluice::ducklake
