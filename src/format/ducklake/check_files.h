// Files, deletions and counts of rows against the catalog. Pure: what is on the disk is handed in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "format/ducklake/check_catalog.h"
#include "format/ducklake/file_facts.h"
#include "format/ducklake/lake_records.h"
#include "model/lake_facts.h"

namespace sluice::ducklake {

// Where files of the catalog are, by their numbers. A file of a table that is not known is not
// among them.
struct FilePaths {
  std::map<Id, std::string> files;
  std::map<Id, std::string> deletes;
};
FilePaths paths_of(const LakeRecords& records, const TakesTable& takes);

// Files that are missing, damaged, of another size or with other rows than the catalog says; whose
// columns are not those of their table; deletions that do not fit their file; numbers of rows that
// two files have; and, where none of that explains it, a count that a scan does not confirm.
std::vector<LakeFinding> check_files(const LakeRecords& records, const LakeFactsOnDisk& disk,
                                     const FilePaths& paths, const TakesTable& takes);

// Rows of a table at the newest snapshot, as a scan found them; nullopt where a file was not read.
std::optional<std::uint64_t> scanned_rows(const LakeRecords& records, const LakeFactsOnDisk& disk,
                                          Id table);

// The same by the catalog's own counts; only rows in the catalog itself are taken from `disk`.
std::uint64_t catalog_rows(const LakeRecords& records, const LakeFactsOnDisk& disk, Id table);

}  // namespace sluice::ducklake
