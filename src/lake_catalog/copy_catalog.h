// A whole catalog, of all snapshots, from one database into another, which may be of another kind.
// The data files stay where they are.
#pragma once

#include <string>

#include "base/result.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

// Fills the tables that create_catalog_tables() (create_ducklake.h) made, and makes those of
// inlined rows and deletions. `data_path` takes the place of the catalog's own where it is not "".
// Requires: begin_read() of `source`, begin_write() of `target`. Errors: kUnsupported for a column
// of the source's that the target's catalog format has no place for, and for a type of inlined rows
// that the target's database has not; kCorrupt where the columns of inlined rows are not known.
Status copy_catalog(CatalogDatabase& source, CatalogDatabase& target, const std::string& data_path);

// Reads both row by row; of inlined rows the numbers, since databases spell values differently.
// Errors: kMismatch with the first table that differs, and both rows.
// Requires: a transaction of each.
Status compare_catalogs(CatalogDatabase& source, CatalogDatabase& target,
                        const std::string& data_path);

}  // namespace sluice
