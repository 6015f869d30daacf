// Private to endpoint/ducklake: rows of a table that a merge replaces.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "endpoint/ducklake/file_state.h"
#include "endpoint/ducklake/run.h"

namespace sluice::ducklake {

// A data file of the table, and the file that deletes its rows; none where no row is replaced.
struct SearchedFile {
  FileState state;
  std::optional<NewDeleteFile> deletes;
};
using SearchedFiles = std::map<Id, SearchedFile>;  // by data file

// Looks for what has the key of a staged row, and writes the files that delete it, while nobody is
// kept waiting. `staged`: the relation of the staged rows. A table that is gone has no files.
// Requires: nothing is open in run.database.
Result<SearchedFiles> search_replaced(LakeRun& run, const TargetTable& table, Id id,
                                      const std::string& staged);

// Deletes what has the key of a staged row: by deletion files beside the data files, and in the
// tables of inlined rows. Data files that came since they were searched, or of which rows were
// deleted since, are searched now. A data file whose rows are all replaced stays too, so that a
// rollback finds it.
// Requires: `commit` is open in run.database.
Status delete_replaced(LakeRun& run, DuckLakeCommit& commit, const TargetTable& table, Id id,
                       const std::string& staged, const SearchedFiles& searched);

}  // namespace sluice::ducklake
