// The settings of S3 as the user has them, from the first place that says each:
//
//   1. the location's parameters, then [s3] of sluice.toml (S3Wishes)
//   2. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; AWS_REGION,
//      AWS_DEFAULT_REGION; AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL
//   3. the profile (AWS_PROFILE, else `default`) of AWS_SHARED_CREDENTIALS_FILE and
//   AWS_CONFIG_FILE,
//      else of ~/.aws/credentials and ~/.aws/config
//
// Key, secret and token come from one place together. A profile that is named in 1 goes before the
// environment's keys. Roles, single sign-on and credential processes are Amazon's own programs'
// business: `aws configure export-credentials --format env` makes keys of them.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "model/s3_settings.h"

namespace sluice {

using Variables = std::function<std::optional<std::string>(const std::string& name)>;

// Where no keys are found has_keys() is false. Errors: kInvalid for a profile, an endpoint or a
// style that is none; kUnsupported for a profile without keys whose keys would come from a role, a
// single sign-on or a process.
Result<S3Settings> find_s3_settings(const S3Wishes& wishes, const Variables& variables);

// Errors: kDenied says where keys were looked for.
Status require_keys(const S3Settings& settings, const std::string& address);

}  // namespace sluice
