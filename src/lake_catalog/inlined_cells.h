// How a catalog's database keeps the columns of inlined rows. Seen in catalogs that the extension
// 1.5.5 wrote; the specification leaves it to the database ("Data Inlining").
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "format/ducklake/columns.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {

// Bytes, not text, are what the cell of such a column is to the engine.
bool travels_as_bytes(const Type& type);

// The column's type in the database. Errors: kUnsupported where it cannot keep such a column.
Result<std::string> inlined_type(const CatalogDialect& dialect, const Type& type);

// An expression for the cell in a form that the engine reads: text that casts to the type, or
// bytes.
std::string inlined_cell_sql(const CatalogDialect& dialect, const ducklake::LakeColumn& column);

// What query() made of that expression, as text or bytes.
void decode_inlined_cell(const CatalogDialect& dialect, const Type& type,
                         std::optional<std::string>& cell);

// A literal of such a cell. Errors: as inlined_type().
Result<std::string> inlined_literal(const CatalogDialect& dialect, const Type& type,
                                    const std::optional<std::string>& cell);

}  // namespace sluice
