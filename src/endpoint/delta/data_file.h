// Private to endpoint/delta: Parquet files that a run writes for a table, as add actions. The
// engine's COPY tells rows, bytes and the bounds of each column.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file_access.h"
#include "base/files.h"
#include "engine/digest_tap.h"
#include "engine/engine.h"
#include "format/delta/schema.h"

namespace sluice::delta {

// What the names of folders of a partition begin with.
inline constexpr std::string_view kPartFolder = "sluice_part_";

struct FileWriting {
  std::string run;                      // written into each file's metadata
  std::string table;                    // for errors
  const TableSchema* schema = nullptr;  // whose physical names and field ids the files get
  std::vector<std::string> order;       // ORDER BY terms over display names; may be empty
  Files* files = &local_files();        // of the folder
  const FileAccess* access = nullptr;   // of the files and of folders made for them
  // What the rows pass: where it sees -0.0 and 0.0 in a column the files do without dictionaries,
  // in which the engine makes one value of them.
  DigestTap* tap = nullptr;
};

// Runs `select_sql`, which gives the schema's columns by their display names, into new files of
// `folder` whose names begin with `stem`. They are synced and have their names when this returns.
// Columns of the partition are only in the actions, and elsewhere than on this machine also,
// spelled in hexadecimal, in the names of folders (kPartFolder). Files of earlier tries are
// replaced; no rows give no file. `scratch` is a folder of the same file system that is not there
// yet, and is not afterwards; elsewhere than on this machine the files are written under their
// names at once, and it is not used. Errors: kConflict for NULL in a column that takes none,
// kUnsupported for partition values that no log holds.
Result<std::vector<AddFile>> write_data_files(EngineConnection& connection,
                                              const std::string& select_sql,
                                              const FileWriting& writing,
                                              const std::filesystem::path& folder,
                                              const std::string& stem,
                                              const std::filesystem::path& scratch);

}  // namespace sluice::delta
