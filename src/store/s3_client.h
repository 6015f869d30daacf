// Signed requests to one bucket, tried again after transient failures (store/retry.h).
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/s3_settings.h"
#include "store/http.h"
#include "store/retry.h"
#include "store/s3_error.h"

namespace sluice {

struct S3Request {
  std::string method;
  std::string key = {};  // in the bucket; "" is the bucket itself
  std::vector<std::pair<std::string, std::string>> query = {};
  std::map<std::string, std::string> headers = {};  // names in lower case
  std::string_view body = {};
  std::string action;  // for errors: "read", "list", "write"
  // Doing it twice is doing it once. Else it is not tried again once it may have happened.
  bool repeatable = true;
};

using S3Answer = std::expected<HttpResponse, S3Failure>;

class S3Client {
 public:
  // Requires: settings.has_keys().
  S3Client(S3Settings settings, std::string bucket, std::shared_ptr<HttpTransport> transport,
           RetryPolicy retry);

  // Returns: an answer whose status is 2xx.
  S3Answer send(const S3Request& request) const;

  std::string address(std::string_view key) const;
  const S3Settings& settings() const { return settings_; }

 private:
  S3Answer try_once(const S3Request& request) const;
  // The request as it goes out now; a signature is good for 15 minutes.
  HttpRequest signed_request(const S3Request& request, const std::string& payload_hash) const;

  S3Settings settings_;
  std::string bucket_;
  std::string scheme_;
  std::string host_;    // with the bucket in front in the virtual style; with a port that is not 80
  std::string folder_;  // in front of each key: the endpoint's own path, and /BUCKET in path style
  std::shared_ptr<HttpTransport> transport_;
  RetryPolicy retry_;
};

}  // namespace sluice
