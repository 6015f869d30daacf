// Requests to a REST catalog: who asks, what is tried again, what an answer means.
//
// Tried again: 429 and 503, which say that nothing was done, after their Retry-After; other
// failures of the server and answers that were missed, of requests that are harmless to do twice. A
// request that is not (`once`) is told as one that may have happened. A token that is refused is
// renewed once.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "format/iceberg/json_fields.h"
#include "lake_catalog/rest_login.h"
#include "store/http.h"
#include "store/retry.h"

namespace sluice {

struct RestRequest {
  std::string method;
  std::string path;  // behind the catalog's URL: /v1/config
  std::vector<std::pair<std::string, std::string>> query = {};
  iceberg::Json body = nullptr;
  std::string action;  // for messages: "read table \"a.b\""
  bool once = false;
};

struct RestFailure {
  Error error;
  int status = 0;  // of the answer; 0 where none came
  bool may_have_happened = false;
};

// null for an answer without a body.
using RestAnswer = std::expected<iceberg::Json, RestFailure>;

class RestClient {
 public:
  // `url` without a / behind.
  RestClient(std::string url, IcebergLogin login, std::shared_ptr<HttpTransport> transport,
             RetryPolicy retry);

  RestAnswer send(const RestRequest& request);
  const RetryPolicy& retry() const { return retry_; }

 private:
  std::expected<HttpResponse, RestFailure> send_once(const RestRequest& request);
  RestFailure failure(const RestRequest& request, const HttpResponse& answer) const;

  std::string url_;
  std::shared_ptr<HttpTransport> transport_;
  RetryPolicy retry_;
  RestLogin login_;
};

}  // namespace sluice
