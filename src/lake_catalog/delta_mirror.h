// Commits that were made in a catalog get into the logs of their tables: put where no version is,
// with the checkpoints that are due.
//
// A commit is in delta_unmirrored from the transaction on that made it until its log has it, so
// that whoever comes next finishes what a process left that died. Who works on a publication has
// the rows of its tables locked: of two, the second finds nothing left to do. What is put into a
// log is always what was committed in SQL before, under a transaction id that never changes: a
// version of the log is known to be ours or somebody else's.
//
// Where somebody else has the version in the log, the commit is withdrawn, theirs is followed, and
// it is made anew behind theirs unless that stands against it. Then it stays withdrawn, with all
// of its publication that is in no log yet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "lake_catalog/delta_catalog.h"
#include "lake_catalog/delta_unmirrored.h"
#include "model/catalog_facts.h"

namespace sluice {

// What became of the publication's commits; of those that another process settled nothing is told.
// Errors: of the databases and folders, where the rest is still to be done.
Result<std::vector<CatalogMirrorFacts>> mirror_publication(DeltaCatalog& catalog,
                                                           const std::string& publication,
                                                           Engine& engine);

// All publications that have a commit of the table; of all tables where it is "". A publication
// that cannot be settled now is one of the facts (failed), and does not stop the others.
Result<std::vector<CatalogMirrorFacts>> mirror_catalog(DeltaCatalog& catalog,
                                                       const std::string& table_id, Engine& engine);

// The commit as it stands behind the newest version of the catalog, with its rows and its row of
// delta_unmirrored. Requires: begin_write(), the lock, no unmirrored commit of the table.
Status place_in_catalog(DeltaCatalog& catalog, DeltaTableRecord& record, UnmirroredCommit& commit);

}  // namespace sluice
