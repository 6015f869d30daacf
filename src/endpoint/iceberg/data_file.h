// Private to endpoint/iceberg: Parquet files that a run writes for a table, as manifests have them.
// The engine's COPY tells rows, bytes and the bounds of each column.
#pragma once

#include <string>
#include <vector>

#include "endpoint/iceberg/lake_files.h"
#include "engine/digest_tap.h"
#include "engine/engine.h"
#include "format/iceberg/manifest.h"

namespace sluice::iceberg {

struct FileWriting {
  std::string run;                          // written into each file's metadata
  std::string table;                        // for errors
  const TableMetadata* metadata = nullptr;  // whose schema, spec and order the files get
  LakeFiles* files = nullptr;
  std::vector<std::string> order;  // ORDER BY terms; may be empty
  bool is_one_file = false;        // whatever size the table's property wants
  // What the rows pass: where it sees -0.0 and 0.0 in a column the files do without dictionaries,
  // in which the engine makes one value of them.
  DigestTap* tap = nullptr;
};

// The folder of a table's data files.
std::string data_folder(const TableMetadata& metadata);

// Runs `select_sql`, which gives the schema's columns by name, into new files whose addresses begin
// with `stem`. They are durable when this returns. Files of earlier tries are removed; no rows give
// no file. Errors: kConflict for NULL in a column that takes none.
Result<std::vector<DataFile>> write_data_files(EngineConnection& connection, Engine& engine,
                                               const std::string& select_sql,
                                               const FileWriting& writing, const std::string& stem);

// Whether files can be parted by the spec here. Errors: kUnsupported.
Status check_can_part(const TableMetadata& metadata, const std::string& table);

}  // namespace sluice::iceberg
