// A copy of a lake's catalog as one moment has it, before something in it is corrected by hand.
#pragma once

#include <string>

#include "base/result.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

// Where the copy is: a file beside the catalog's own, `path`.sluice_backup_<stamp>; on a server the
// schema <schema>_sluice_backup_<stamp>, with the catalog's tables. Requires: no transaction is
// open, and `path` is the catalog's file, "" on a server. Errors: kExists where there is one of
// that name. What was begun and failed is removed.
Result<std::string> back_up_catalog(CatalogDatabase& database, const std::string& path,
                                    const std::string& stamp);

}  // namespace sluice
