// Private to operations/: what kind of system a plain path is, by its content.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "model/location.h"

namespace sluice {

// Fills in the kind of a plain path: by a file's first bytes, by what a folder holds, and for a
// path that is not there yet by its ending. Errors: kNotFound, kInvalid for content that is no
// table, for a kind or a catalog's kind that is not known and for a parameter that the kind has
// not.
Result<Location> recognise(Location location);

// The kind of an existing file by its first bytes, or by its ending for csv and json; "" for none.
std::string kind_of_file(const std::filesystem::path& path);

// Whether a folder is a table of Iceberg.
bool is_iceberg_table(const std::filesystem::path& folder);

// A location as an error may show it: a mistyped URI is taken for a path, and what stands where a
// password would is left out.
std::string shown_location(const std::string& text);

}  // namespace sluice
