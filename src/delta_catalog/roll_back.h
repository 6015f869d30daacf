// A table goes out of a catalog: its log is what it was, and is used again.
#pragma once

#include "engine/engine.h"
#include "lake_catalog/delta_catalog.h"
#include "model/catalog_facts.h"

namespace sluice {

// Verifies that the log is whole and can be read, and that the catalog knows nothing that the log
// does not, then removes the rows. `dry_run`: verifies alone. Returns: state "refused" with what
// only the catalog has. Errors: what is wrong with the log.
Result<CatalogRollbackFacts> roll_back_table(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                             Engine& engine, bool dry_run);

// Removes the rows, whatever they say. Returns: how many files it had.
Result<std::uint64_t> drop_table(DeltaCatalog& catalog, const std::string& table_id,
                                 Engine& engine);

}  // namespace sluice
