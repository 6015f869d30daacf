// Something that only a process of its own may do, as to become another user.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace sluice {

// Runs `act` in a child of this process, made by fork(): other threads are not in it, so `act` must
// not wait for what they hold. Returns: what `act` returned; "" where the child died.
// Errors: kIo where no child can be made.
Result<std::string> ask_child(const std::function<std::string()>& act);

}  // namespace sluice
