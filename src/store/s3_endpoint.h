// Where a bucket's requests go, by its settings.
#pragma once

#include <string>

#include "base/result.h"
#include "model/s3_settings.h"

namespace sluice {

struct S3Endpoint {
  bool tls = true;
  std::string host;    // with a port where it is not the scheme's own
  std::string folder;  // the endpoint's own path: "" or "/x"
  bool path_style = false;
};

// Amazon's host of the region where the settings name no endpoint. A bucket with a dot in its name
// is never in front of a host that is asked over TLS: no certificate has it.
S3Endpoint s3_endpoint(const S3Settings& settings, const std::string& bucket);

// Errors: kInvalid where it is not http://HOST[:PORT] or https://HOST[:PORT], with a path or not.
Status check_endpoint(const std::string& endpoint);

}  // namespace sluice
