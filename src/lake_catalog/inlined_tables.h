// The tables in which a DuckLake catalog keeps rows itself (specification, "Data Inlining").
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "format/ducklake/lake_records.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

// All that the catalog lists, with the snapshots whose columns they have; whether they are there,
// and what is in them, is not looked at. Between begin_read() of the database and its end.
Result<std::vector<ducklake::InlinedTable>> read_inlined_tables(CatalogDatabase& database);

// What reading the rows of such a table, by its name, ends with where its columns are not known.
Error unknown_columns(const CatalogDatabase& database, const std::string& table);

}  // namespace sluice
