// Private to endpoint/delta: which folders below a location are tables.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/result.h"
#include "endpoint/delta/table_catalog.h"
#include "lake_catalog/delta_log.h"
#include "model/location.h"
#include "model/table_name.h"

namespace sluice::delta {

struct FoundTable {
  TableName name;  // the folder's, in the schema of the folders between it and the location
  std::filesystem::path folder;
  std::shared_ptr<TableCatalog> catalog;  // that says its state; null: its log does
};

// The location's folder, absolute, or its place on S3; it need not be there.
std::filesystem::path root_of(const Location& location);

// A table is called as its folder is. Sorted. Folders in a table, and those that begin with `.` or
// `_`, are not looked at. With ?catalog= also those that are in the catalog alone so far. Errors:
// kNotFound where there is none, or one that its catalog does not have.
Result<std::vector<FoundTable>> find_tables(const Location& location, Engine& engine);

// What a location says of a snapshot: ?snapshot=VERSION or ?at=TIME. Errors: kInvalid.
Result<DeltaMoment> moment_of(const Location& location);
// Whether the log of a folder has a version. `files`: those of the folder.
Result<bool> has_version(const std::filesystem::path& folder, Files& files);
// A version or a time, as a user types it.
DeltaMoment moment_of(const std::string& text);

}  // namespace sluice::delta
