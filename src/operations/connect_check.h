// Private to operations/: whether DuckDB, with its own extensions, attaches a location as another
// program would.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_access.h"
#include "base/result.h"
#include "operations/connect_settings.h"

namespace sluice {

// Runs `statements` in an engine of its own and reads a row of every table. INSTALL and LOAD find
// the extensions that sluice brings, and nothing is fetched. Returns: how many tables there are.
// Errors: kNotFound for a missing extension, kDenied, kConflict for a locked catalog.
Result<std::uint64_t> attach_as_told(const Attachable& place,
                                     const std::vector<std::string>& statements);

// The same in a child process that becomes `user` before it attaches anything. Requires: the
// process may become that user.
Status attach_as_user(const Attachable& place, const std::vector<std::string>& statements,
                      const SystemUser& user);

}  // namespace sluice
