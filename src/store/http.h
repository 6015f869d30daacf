// One HTTP request and its whole answer. Nothing is retried and no redirect followed here.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"

namespace sluice {

struct HttpRequest {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
  // Goes out once and on a connection of its own: on one that was kept libcurl sends a request
  // again by itself where the server closed it without an answer, whatever the server did before.
  bool once = false;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const {  // "" where there is none
    const auto at = headers.find(name);
    return at == headers.end() ? "" : at->second;
  }
};

// No whole answer came.
struct HttpFailure {
  Error error;  // kTransient, kNotFound for a host without an address, kCancelled, ...
  bool may_have_arrived = true;  // false: the server never saw the whole request
};

using HttpResult = std::expected<HttpResponse, HttpFailure>;

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // May be called from several threads.
  virtual HttpResult send(const HttpRequest& request) = 0;
};

struct HttpLimits {
  long connect_timeout_ms = 10'000;
  long stalled_s = 30;  // without a byte in either direction
  const CancelToken* cancel = nullptr;
};

// libcurl, with connections that are kept and used again.
std::shared_ptr<HttpTransport> make_http_transport(const HttpLimits& limits);

}  // namespace sluice
