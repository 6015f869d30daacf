// Where the files of a table are. Paths in a log are URIs (RFC 2396), relative to the table's
// folder or absolute; they are decoded exactly once ("Add File and Remove File").
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::delta {

// Percent escapes as bytes. Errors: kCorrupt for an escape that is none.
Result<std::string> decode_uri(std::string_view text);

// The reverse: what a path of a URI cannot hold is escaped, "/" is not.
std::string encode_uri(std::string_view path);

// The whole path. `folder`: the table's. Errors: kUnsupported for a place that such a table has no
// way to (from a folder "s3://...", from S3 a folder), kCorrupt as above.
Result<std::string> file_path(std::string_view folder, std::string_view uri);

}  // namespace sluice::delta
