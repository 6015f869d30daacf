// Private to engine/: the table function sluice_kept(id, marks), the rows of KeptRows whose mark is
// in a set. Its columns are theirs, and behind them sluice_mark (UTINYINT).
#pragma once

#include <duckdb.h>

#include <memory>
#include <string>

#include "engine/kept_rows.h"

namespace sluice {

std::int64_t register_kept_rows(std::shared_ptr<KeptRows> rows);
void unregister_kept_rows(std::int64_t id);
Status register_kept_function(duckdb_connection connection);

}  // namespace sluice
