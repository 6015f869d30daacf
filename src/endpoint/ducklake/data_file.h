// Private to endpoint/ducklake: Parquet files that a run writes for a table, with what the catalog
// has to know of them. The engine's COPY tells all of it: rows, bytes, the footer's bytes and the
// bounds of each column.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file_access.h"
#include "base/files.h"
#include "engine/digest_tap.h"
#include "engine/engine.h"
#include "format/ducklake/columns.h"
#include "lake_catalog/ducklake_commit.h"

namespace sluice::ducklake {

// How the rows of a COPY become files.
struct FileWriting {
  std::string run;                                   // written into each file's metadata
  const std::vector<LakeColumn>* columns = nullptr;  // whose numbers the files carry
  std::vector<std::string> partition;  // engine expressions over the columns; may be empty
  std::vector<std::string> order;      // ORDER BY terms; may be empty
  const FileAccess* access = nullptr;  // of the files and of folders made for them
  std::string_view codec = "zstd";     // Parquet's name for how pages are compressed
  // A row group ends where it holds so much, however few rows that are; 0 for no such limit. For
  // connections that need not keep the order of rows.
  std::uint64_t row_group_bytes = 0;
  // Without dictionaries, in which the engine makes one value of -0.0 and 0.0.
  bool is_plain = false;
  // What the rows pass: where it sees both, the files are written again so. May be null.
  DigestTap* tap = nullptr;
  // What the files take the place of: they get its owner, group and mode, new folders those of the
  // one above. "" for none.
  std::filesystem::path model{};
  Files* files = &local_files();  // of the folder
};

// Runs `select_sql` into new files below `folder`, whose names begin with `stem`. The files are
// synced and have their names when this returns; NewDataFile::path is relative to `folder`. Files
// of earlier tries are replaced. No rows give no file. `scratch` is a folder of the same file
// system that is not there yet, and is not afterwards; elsewhere than on this machine the files are
// written under their names at once, and it is not used.
Result<std::vector<NewDataFile>> write_data_files(EngineConnection& connection,
                                                  const std::string& select_sql,
                                                  const FileWriting& writing,
                                                  const std::filesystem::path& folder,
                                                  const std::string& stem,
                                                  const std::filesystem::path& scratch);

struct DeleteFileSize {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t footer_bytes = 0;
};

// Writes the positions that `positions_sql` selects as "pos" into a deletion file for `data_file`,
// in order (specification, "Delete Files"). Synced.
Result<DeleteFileSize> write_delete_file(EngineConnection& connection,
                                         const std::string& positions_sql,
                                         const std::string& data_file,
                                         const std::filesystem::path& path);

// The same with the snapshot of each deletion, which `positions_sql` selects as "begin"
// (specification, "Partial files").
Result<DeleteFileSize> write_dated_delete_file(EngineConnection& connection,
                                               const std::string& positions_sql,
                                               const std::string& data_file,
                                               const std::filesystem::path& path);

nlohmann::json data_file_json(const NewDataFile& file);
// Requires: made by data_file_json.
NewDataFile data_file_of(const nlohmann::json& json);

}  // namespace sluice::ducklake
