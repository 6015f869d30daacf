// For tests: every n-th request meets a fault. What the fault does to the request itself differs,
// and is the point: a reset before it was sent, an answer that is lost after it did its work.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "store/http.h"

namespace sluice {

enum class HttpFault {
  kServerError,  // 500, and nothing was done
  kSlowDown,     // 503 SlowDown, and nothing was done
  kReset,        // the connection breaks before the request is out
  kLostAnswer,   // the request does its work, then the connection breaks
  kSlow,         // the answer comes late
};

class FaultyTransport : public HttpTransport {
 public:
  using Choose = std::function<bool(const HttpRequest&)>;

  // Of the requests that `choose` picks (null: all) every `every`-th, 1 is each.
  FaultyTransport(std::shared_ptr<HttpTransport> inner, HttpFault fault, int every,
                  Choose choose = nullptr)
      : inner_(std::move(inner)), fault_(fault), every_(every), choose_(std::move(choose)) {}

  HttpResult send(const HttpRequest& request) override;
  int faults() const { return faults_; }  // met up to now

 private:
  std::shared_ptr<HttpTransport> inner_;
  HttpFault fault_;
  int every_;
  Choose choose_;
  std::atomic<int> requests_{0};
  std::atomic<int> faults_{0};
};

}  // namespace sluice
