// What is in a database: tables, columns, keys, indexes, views.
#pragma once

#include "base/result.h"
#include "client/sqlite/connection.h"
#include "model/inventory.h"

namespace sluice::sqlite {

// Objects of SQLite itself and of runs are left out. The fingerprint is not set.
Result<Inventory> inspect_database(Connection& connection);

}  // namespace sluice::sqlite
