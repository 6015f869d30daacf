// What to do where this process's user may not read or write something.
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

// The same of a path that is to be written: the file, or the folder above that it would be made in.
Error with_write_advice(Error error);
// Whether this process may write a file, or make one that is not there. Errors: kDenied with that
// advice; kNotFound where there is no folder for it.
Status check_can_write(const std::filesystem::path& path, const std::string& action);

}  // namespace sluice
