// A lake's catalog as an archive keeps it: a SQLite database that is itself a DuckLake catalog, as
// DuckDB's extension would have made it, whatever database the lake's own catalog is in. Rows that
// stand in the catalog (inlined ones) are kept in the form that a catalog in SQLite has them in
// (lake_catalog/inlined_cells.h).
//
// A file is kept under its path below the lake's data path, one that lies elsewhere under
// "outside/" and its whole path; the rule holds for folders alike, so that a relative path in the
// catalog stays right, and an absolute one is rewritten when the lake is restored.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

struct LakeFileCopy {
  std::string source;  // whole path
  std::string name;    // below the data folder of the archive, and of a restored lake
};

struct LakeCopy {
  std::int64_t snapshot = 0;
  std::string data_path;            // absolute, or on S3; ends with a slash
  std::vector<LakeFileCopy> files;  // of every snapshot that is kept
};

// Copies the catalog of `source` into `archive`, an empty database of SQLite; both as of one moment
// of `source`. `data_path` replaces the catalog's own where it is not "". Files that are scheduled
// for deletion stay out.
// Errors: kUnsupported for an encrypted lake and tables that sluice does not know; kCorrupt for a
// file whose table is not known.
Result<LakeCopy> capture_lake(CatalogDatabase& source, const std::string& data_path,
                              CatalogDatabase& archive);

// The reverse: makes the catalog in `target`, which has none and may be of any kind, with its files
// below `new_data_path`. `old_data_path` is LakeCopy::data_path. Requires: begin_write() of
// `target` was done; the caller commits.
Status restore_catalog(CatalogDatabase& archive, const std::string& old_data_path,
                       CatalogDatabase& target, const std::string& new_data_path);

// Closes a catalog in SQLite so that its one file is all of it, on the disk.
Status seal_catalog(std::unique_ptr<CatalogDatabase> database, const std::string& path);

// Below a data folder: the rule above.
std::string name_in_archive(const std::string& path, const std::string& data_path);

}  // namespace sluice
