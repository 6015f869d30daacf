// Whether a catalog says of a table what its log says.
#pragma once

#include "engine/engine.h"
#include "lake_catalog/delta_catalog.h"
#include "model/catalog_facts.h"

namespace sluice {

// Compares protocol, metadata, every file with all of its fields, tombstones, transactions and
// domains at the newest version that both have, and the versions. What is wrong is a difference; an
// error that ends the comparison is one of the facts.
CatalogCheckFacts validate_table(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                 Engine& engine);

// Lists the log and looks up the version of the catalog, nothing more.
Result<CatalogLagFacts> lag_of(DeltaCatalog& catalog, const DeltaTableRecord& table,
                               Engine& engine);

}  // namespace sluice
