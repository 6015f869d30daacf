// Private to backup: rows that stand in a catalog's own database.
#pragma once

#include <string>

#include "base/result.h"
#include "format/ducklake/lake_records.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

// Both between begin_ and end of the databases.
Status capture_inlined(CatalogDatabase& source, const ducklake::LakeRecords& records,
                       CatalogDatabase& archive);
Status restore_inlined(CatalogDatabase& archive, const std::string& kind, CatalogDatabase& target);

}  // namespace sluice
