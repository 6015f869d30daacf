// Private to endpoint/ducklake: data files from which the catalog itself deletes rows, when they
// end. DuckDB's extension (1.5.5) later flushes such deletions into a file without an end and with
// these alone, beside the file of deletions that the data file may have: older snapshots would then
// read rows twice. So all deletions of a data file go to one file when it ends, each with its
// snapshot, as a flush before the end would make it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_commit.h"

namespace sluice::ducklake {

// The files of deletions that a data file has and had, the oldest first.
using DeletionFiles = std::map<Id, std::vector<LakeDeletes>>;

// Those of the data files from which the catalog itself deletes rows.
Result<DeletionFiles> read_deletion_files(CatalogDatabase& database, const LakeTable& table);

// Whether each of the files has all that the one before it has, from where that one ends.
Result<bool> follow_each_other(EngineConnection& connection, const std::vector<LakeDeletes>& files);

// Writes the file `name` into the table's folder. `inlined`: the relation of InlinedRows::deletes.
// Requires: follow_each_other(`before`).
Result<PastDeletions> write_past_deletions(EngineConnection& connection, const LakeTable& table,
                                           const LakeFile& file,
                                           const std::vector<LakeDeletes>& before,
                                           const std::string& inlined, const std::string& name);

}  // namespace sluice::ducklake
