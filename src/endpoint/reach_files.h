// Opens the place of a lake's files to a run: on S3 to sluice's own store (Engine::files_of) and to
// the engine's httpfs.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/engine.h"
#include "model/location.h"

namespace sluice {

// `path`: a folder of this machine, for which there is nothing to do, or s3://BUCKET/PREFIX, by the
// location's settings. All of the bucket can be read by them where nobody else said how.
// Errors: kUnsupported for another scheme, kDenied without keys; nothing is asked of a server.
Status reach_files(const std::string& path, const Location& location, Engine& engine);

// Whether what a run makes in a folder can have an owner, a group and a mode, where that is asked
// for. Errors: kUnsupported on S3.
Status check_access_wish(bool is_asked, const std::string& folder);

}  // namespace sluice
