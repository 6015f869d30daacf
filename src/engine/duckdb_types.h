// Private to engine/: the engine's logical types to sluice's and back, and views over its vectors.
#pragma once

#include <duckdb.h>

#include "base/unique_handle.h"
#include "model/batch.h"
#include "model/type.h"

namespace sluice {

using DuckType = UniqueHandle<duckdb_logical_type, duckdb_destroy_logical_type>;

Type type_of(duckdb_logical_type type);
DuckType duck_type(const Type& type);

// A view of `vector`, whose cells are of `type`. Valid as long as the vector is.
ColumnView view_of(duckdb_vector vector, const Type& type);

Error duck_error(duckdb_error_type type, std::string message);

}  // namespace sluice
