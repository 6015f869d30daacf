// AWS Signature Version 4 in an Authorization header, for the service s3:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/s3_settings.h"

namespace sluice {

struct SignInput {
  std::string method;
  std::string path;  // as in the URL: escaped, with / in front
  std::vector<std::pair<std::string, std::string>> query;  // not escaped
  // Lower-case names; all are signed. Requires: host, x-amz-date, x-amz-content-sha256.
  std::map<std::string, std::string> headers;
};

// The query of a URL, in the order and with the escapes that are signed.
std::string canonical_query(std::vector<std::pair<std::string, std::string>> query);

std::string canonical_request(const SignInput& input);
// The value of the header Authorization.
std::string authorization(const SignInput& input, const S3Settings& settings);

// 20130524T000000Z
std::string sign_time(std::int64_t unix_ms);

}  // namespace sluice
