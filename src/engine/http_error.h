// Private to engine/: what a server of S3 said to httpfs, as an error of ours.
#pragma once

#include <string_view>

#include "base/error.h"

namespace sluice {

// Whether it is one of httpfs, whose text begins with the exception's name; the C API does not tell
// the type of an error that was found while a statement was prepared.
bool is_http_error(std::string_view text);

// Kind and hint by the status and the code of S3 in its message, of which the engine's own advice
// is cut off. What is not known stays transient. Requires: is_http_error(error.message).
Error refine_http_error(Error error);

}  // namespace sluice
