// The tables in which a DuckLake catalog keeps rows itself (specification, "Data Inlining").
#pragma once

#include <vector>

#include "base/result.h"
#include "format/ducklake/lake_records.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

// All that the catalog lists, with the snapshots whose columns they have; whether they are there,
// and what is in them, is not looked at. Between begin_read() of the database and its end.
Result<std::vector<ducklake::InlinedTable>> read_inlined_tables(CatalogDatabase& database);

}  // namespace sluice
