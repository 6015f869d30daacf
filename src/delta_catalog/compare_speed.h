// The same questions to a table's log and to its catalog, with the time that each takes.
#pragma once

#include <vector>

#include "engine/engine.h"
#include "lake_catalog/delta_catalog.h"
#include "model/catalog_facts.h"

namespace sluice {

// Lists the files, looks one up by its path, lists them at the version in the middle, and lists
// those of one partition. The log is opened anew for each question, as by a reader who has nothing
// yet; the connection to the catalog is open. Times are the median of some tries. Errors: those of
// either side; that the answers differ is one of the facts.
Result<std::vector<CatalogTiming>> compare_speed(DeltaCatalog& catalog,
                                                 const DeltaTableRecord& table, Engine& engine);

}  // namespace sluice
