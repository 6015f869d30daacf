// Whom an error of the engine blames.
#pragma once

#include "base/error.h"

namespace sluice {

// A constraint or a cast refused a value: the rows are to blame, not the place they go to.
bool is_row_refused(const Error& error);

}  // namespace sluice
