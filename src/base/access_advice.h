// What to do where this process's user may not read something.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace sluice {

// Says of a kDenied error about a path what would open it to this process's user: who owns it, its
// mode and the command. Other errors stay what they are.
Error with_access_advice(Error error);
// Whether this process may read a file; one that is not there is fine. Errors: kDenied with that
// advice.
Status check_can_read(const std::filesystem::path& path, const std::string& action);

}  // namespace sluice
