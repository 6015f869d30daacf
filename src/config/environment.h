// Environment variables as a function, so that tests bring their own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

Environment process_environment();

// Replaces ${NAME} by the variable's value; $${ becomes ${.
// Errors: kInvalid names the variable that is not set, or says that a ${ is not closed.
Result<std::string> expand_variables(std::string_view text, const Environment& environment);

}  // namespace sluice
