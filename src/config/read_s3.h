// [s3] of sluice.toml: endpoint, region, url_style, profile, access_key_id, secret_access_key and
// session_token.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "config/environment.h"
#include "config/toml_reader.h"
#include "model/s3_settings.h"

namespace sluice {

using S3Parts = std::map<std::string, std::string>;

// Errors: kInvalid names file, line and key: of a key that is not known, a value that is no text,
// one of access_key_id and secret_access_key without the other.
Result<S3Parts> read_s3_parts(const TomlReader& reader);

// With variables put in. Errors: kInvalid names the one that is not set.
Result<S3Wishes> s3_wishes(const S3Parts& parts, const Environment& environment);

}  // namespace sluice
