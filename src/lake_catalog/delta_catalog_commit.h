// Commits to Delta tables through their catalog in SQL: all tables of a publication in one
// transaction, by compare-and-swap on their versions, then in the log of each (delta_mirror.h).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "lake_catalog/delta_catalog.h"
#include "lake_catalog/delta_commit.h"

namespace sluice {

struct DeltaCatalogWrite {
  std::string table_id;  // of a new table: what the catalog will call it
  DeltaWrite write;
};

// Commits, after whatever others committed meanwhile. What came into a log that the catalog lacks
// is brought into it first. Errors: kConflict with what others did: nothing of the publication is
// anywhere then, but for tables that the message names; kExists for a new table that is there;
// kTransient where nobody could be asked what became of it, and nothing that it names may be
// removed. Returns: in the order of `writes`, their actions left out.
Result<std::vector<DeltaCommitted>> commit_in_catalog(const Location& catalog,
                                                      std::vector<DeltaCatalogWrite> writes,
                                                      Engine& engine);

}  // namespace sluice
