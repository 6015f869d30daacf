// Private to endpoint/iceberg: tables in a folder of which no catalog is known. A table is a folder
// with a folder `metadata` in it that has *.metadata.json; its newest metadata is the one with the
// highest number ("v3.metadata.json", "00003-UUID.metadata.json").
#pragma once

#include <vector>

#include "lake_catalog/iceberg_catalog.h"
#include "model/inventory.h"

namespace sluice::iceberg {

struct FoundTables {
  std::vector<IcebergTable> tables;  // sorted by name
  // Where several files have the highest number, of which the one that was written last is taken.
  std::vector<Finding> findings;
};

// `place`: a folder or s3://BUCKET/PREFIX, the table's own too. A table is called as its folder is,
// in the namespace of the folders between it and the place.
Result<FoundTables> find_tables(const std::string& place, const IcebergCatalogOptions& options);

}  // namespace sluice::iceberg
