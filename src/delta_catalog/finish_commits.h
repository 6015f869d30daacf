// Puts commits that were made in a catalog, and that a process left that died, into the logs of
// their tables, or withdraws them where somebody else was first.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "lake_catalog/delta_catalog.h"
#include "model/catalog_facts.h"

namespace sluice {

// Of one table, with those of the same transaction; "": of all. What cannot be done now is one of
// the facts.
Result<std::vector<CatalogMirrorFacts>> finish_commits(DeltaCatalog& catalog,
                                                       const std::string& table_id, Engine& engine);

}  // namespace sluice
