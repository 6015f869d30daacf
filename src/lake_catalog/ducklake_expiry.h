// Takes snapshots out of a lake's catalog, with the rows of it that only they used (specification,
// "ducklake_files_scheduled_for_deletion"). The files themselves stay: what nobody reads any more
// is scheduled, and deleted by whoever looks at that list later.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/ducklake/lake_records.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

// A row of ducklake_files_scheduled_for_deletion.
struct ScheduledDeletion {
  std::string path;  // as the catalog has it
  bool path_is_relative = true;
  std::string whole_path;
  std::string since;  // as the database spells times
};

// Requires: begin_write(); `records` (kFiles) were read in it, and hold a snapshot that is not in
// `expired`. Returns: the whole paths of the files that were scheduled. A dry run needs
// begin_read() only and changes nothing.
Result<std::vector<std::string>> expire_snapshots(CatalogDatabase& database,
                                                  const ducklake::LakeRecords& records,
                                                  const std::set<ducklake::Id>& expired,
                                                  bool dry_run);

Result<std::vector<ScheduledDeletion>> scheduled_deletions(CatalogDatabase& database,
                                                           const std::string& data_path);
// Takes files from the list. Requires: begin_write(); they are deleted.
Status forget_scheduled(CatalogDatabase& database, const std::vector<ScheduledDeletion>& files);

}  // namespace sluice
