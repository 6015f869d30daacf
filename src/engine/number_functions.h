// Private to engine/: scalar functions over the text of numbers (model/number_compare.h), NULL for
// NULL: sluice_number(text), sluice_number_beside_float(text), sluice_number_beside_double(text).
#pragma once

#include <duckdb.h>

#include "base/result.h"

namespace sluice {

Status register_number_functions(duckdb_connection connection);

}  // namespace sluice
