// Private to endpoint/duckdb: how DuckDB holds sluice's types.
#pragma once

#include "model/type_rule.h"

namespace sluice {

TypeRule duckdb_rule(const Type& type);

// The column in DuckDB's DDL. Requires: duckdb_rule(type) is exact or widened.
std::string duckdb_type_sql(const Type& type);

// True where a cast to text and back keeps every value of the type.
bool is_text_lossless(const Type& type);

}  // namespace sluice
