// Private to endpoint/ducklake: puts a lake's files together. A compaction leaves in a lake
//
//   DATA/.sluice_<run>/                 while it goes on
//   DATA/<schema>/<table>/sluice_<run>-...   data files; nobody reads them before the commit
//
// Rows are read and written without the catalog's lock. The commit then holds each source file
// against what it was: a file that went away, or from which rows were deleted since, and rows of
// the catalog that were changed, are written anew.
#pragma once

#include <memory>

#include "endpoint/lake_keeper.h"
#include "lake_catalog/catalog_database.h"
#include "model/location.h"

namespace sluice::ducklake {

// Requires: `database` is opened for writing.
Result<LakeCompactFacts> compact_lake(const Location& location,
                                      std::unique_ptr<CatalogDatabase> database,
                                      const LakeCompaction& wanted, Engine& engine,
                                      const LakeProgress& progress);

}  // namespace sluice::ducklake
