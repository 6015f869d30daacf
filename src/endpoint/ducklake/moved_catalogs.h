// Which catalog of a lake's files is the one to write by, after `migrate` moved it to another
// database: the old one still names all files, and knows none that came since. Kept beside the
// files, in DATA/.sluice_moved.json, for as long as the lake: a list of {"run", "from", "to"}.
#pragma once

#include <string>

#include "base/result.h"
#include "model/location.h"

namespace sluice::ducklake {

// `from` and `to` are lakes' locations. Durable when it returns.
Status remember_move(const std::string& data_path, const std::string& run, const Location& from,
                     const Location& to);
// As if the run had not been.
Status forget_move(const std::string& data_path, const std::string& run);

// Errors: kConflict where the catalog at `location` was moved away, and not back since.
Status check_not_moved(const std::string& data_path, const Location& location);

}  // namespace sluice::ducklake
