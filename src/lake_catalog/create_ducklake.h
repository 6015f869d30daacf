// The tables of an empty catalog; create_lake() of ducklake_commit.h fills them too.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

struct CatalogColumn {
  std::string name;
  bool is_boolean = false;
};

struct CatalogTable {
  std::string name;
  std::vector<CatalogColumn> columns;
};

// Those that every catalog has.
std::vector<CatalogTable> catalog_tables();
// Makes them, without a row. Requires: begin_write(), and no catalog is there.
Status create_catalog_tables(CatalogDatabase& database);

}  // namespace sluice
