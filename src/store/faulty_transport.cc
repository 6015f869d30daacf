#include "store/faulty_transport.h"

#include <chrono>
#include <thread>

namespace sluice {
namespace {

constexpr std::chrono::milliseconds kSlowness{50};

HttpResult broken(bool may_have_arrived) {
  return std::unexpected(HttpFailure{
      Error(ErrorKind::kTransient, "the connection was reset").code("CURL_56"), may_have_arrived});
}

HttpResponse refusal(int status, std::string_view code) {
  HttpResponse out;
  out.status = status;
  out.body = "<?xml version=\"1.0\"?><Error><Code>" + std::string(code) + "</Code></Error>";
  return out;
}

}  // namespace

HttpResult FaultyTransport::send(const HttpRequest& request) {
  const bool chosen = !choose_ || choose_(request);
  if (!chosen || ++requests_ % every_ != 0) return inner_->send(request);
  ++faults_;
  switch (fault_) {
    case HttpFault::kServerError:
      return refusal(500, "InternalError");
    case HttpFault::kSlowDown:
      return refusal(503, "SlowDown");
    case HttpFault::kReset:
      return broken(false);
    case HttpFault::kLostAnswer:
      static_cast<void>(inner_->send(request));
      return broken(true);
    case HttpFault::kSlow:
      std::this_thread::sleep_for(kSlowness);
      return inner_->send(request);
  }
  return inner_->send(request);
}

}  // namespace sluice
