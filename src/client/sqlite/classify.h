// SQLite's result codes as sluice's errors: the only place where they are looked at.
#pragma once

#include <sqlite3.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::sqlite {

// The error of a failed call on `db`: kind by `code`, vendor code its name. `action` reads on from
// "cannot".
Error sqlite_error(sqlite3* db, int code, std::string_view action, const std::string& path);

// The process that holds a lock of SQLite's on `path`, for people. Asked of /proc/locks: a file
// descriptor of our own would, when it is closed, drop the locks that this process has on the file.
std::optional<std::string> lock_holder(const std::string& path);

}  // namespace sluice::sqlite
