// Private to endpoint/iceberg: the tables that a location names, each as its catalog has it now.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lake_catalog/iceberg_catalog.h"
#include "model/inventory.h"

namespace sluice::iceberg {

// Whether a location is a folder without a catalog: iceberg:DIR, iceberg:s3://...
inline bool is_tree(const Location& location) { return location.catalog.empty(); }

struct OpenedLake {
  std::unique_ptr<IcebergCatalog> catalog;  // null for a folder
  std::vector<IcebergTable> tables;         // sorted by name
  std::vector<Finding> findings;
};

// Errors: kNotFound where there is no table.
Result<OpenedLake> open_tables(const Location& location, const IcebergCatalogOptions& options);

}  // namespace sluice::iceberg
