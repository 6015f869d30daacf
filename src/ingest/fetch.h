// Fetches a URL into a file.
#pragma once

#include <filesystem>
#include <string>

#include "base/cancel.h"
#include "base/result.h"

namespace sluice::ingest {

// Tries again, waiting longer each time, after failures that pass: no connection, a stalled one, a
// server's 5xx or 429. Errors: kTransient once tries are over, kNotFound for 404 and 410, kDenied
// for 401 and 403, kInvalid for other answers. Messages show no password.
Status fetch(const std::string& url, const std::filesystem::path& file, const CancelToken* cancel);

// Without user and password, and without what stands behind "?", which may hold a secret.
std::string shown_url(const std::string& url);

}  // namespace sluice::ingest
