// Private to endpoint/iceberg: which files a table has, by its metadata and on its storage.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "endpoint/iceberg/table_state.h"

namespace sluice::iceberg {

// One spelling of an address: file:/a, file:///a and /a are one file, s3a://b/k and s3://b/k too.
std::string plain_address(const std::string& address);

// All files below the table's location, by their plain addresses.
Result<std::vector<ObjectInfo>> list_files(const TableState& table);

// Plain addresses of what the metadata itself names: its file, those before it, statistics.
std::set<std::string> files_of_metadata(const IcebergTable& table);

// Plain addresses of the files that some of these snapshots need: manifest lists, manifests, data
// and delete files. Errors: those of reading a manifest.
Result<std::set<std::string>> files_of_snapshots(const TableState& table,
                                                 const std::vector<const Snapshot*>& snapshots);

// Places of other tables within a table's own, with a / behind.
std::set<std::string> places_within(const std::vector<std::shared_ptr<const IcebergTable>>& all,
                                    const IcebergTable& table);

}  // namespace sluice::iceberg
