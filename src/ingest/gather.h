// Finds the inputs that were named: files and folders in place, streams and URLs as spools.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "ingest/input.h"

namespace sluice::ingest {

// `words`: files, folders (their files whose names say a format that is read, sorted), http and
// https URLs, "-" for standard input. `format`: "json", "csv" or "". Spools go to `folder`.
// Errors: kNotFound for what is not there, those of fetching.
Result<std::vector<Input>> gather(const std::vector<std::string>& words, const std::string& format,
                                  const std::filesystem::path& folder, const CancelToken* cancel);

bool is_url(const std::string& word);

}  // namespace sluice::ingest
