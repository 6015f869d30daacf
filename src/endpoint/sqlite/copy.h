// SQLite's own online copy.
#pragma once

#include <string>

#include "base/result.h"
#include "client/sqlite/connection.h"

namespace sluice::sqlite {

// Copies what `source` sees into the new file `path`, synced. An error leaves no file.
Status copy_database(Connection& source, const std::string& path);

}  // namespace sluice::sqlite
