#include "lake_catalog/rest_client.h"

#include <fmt/format.h>

#include <charconv>

#include "store/percent.h"

namespace sluice {
namespace {

using iceberg::Json;
using iceberg::JsonFields;

constexpr int kTooMany = 429;
constexpr int kUnavailable = 503;
constexpr int kTokenEnded = 419;

// The server says that nothing was done, and asks to come again.
bool is_put_off(int status) { return status == kTooMany || status == kUnavailable; }
bool is_refused_token(int status) { return status == 401 || status == kTokenEnded; }

ErrorKind kind_of(int status) {
  switch (status) {
    case 400:
      return ErrorKind::kInvalid;
    case 401:
    case 403:
    case kTokenEnded:
      return ErrorKind::kDenied;
    case 404:
      return ErrorKind::kNotFound;
    case 405:
    case 406:
    case 501:
      return ErrorKind::kUnsupported;
    case 409:
      return ErrorKind::kConflict;
    default:
      return status >= 500 || status == kTooMany ? ErrorKind::kTransient : ErrorKind::kInvalid;
  }
}

std::string hint_of(int status) {
  if (is_refused_token(status)) {
    return "give a token in SLUICE_ICEBERG_TOKEN or CLIENT_ID:CLIENT_SECRET in "
           "SLUICE_ICEBERG_CREDENTIAL, or in "
           "[iceberg] of sluice.toml";
  }
  if (status == 403) return "the server knows who asks, and does not allow it: ask who runs it";
  if (status == 404) {
    return "check the URL of the catalog, which ends where /v1 begins, and the warehouse";
  }
  return "";
}

int retry_after_ms(const HttpResponse& answer) {
  const std::string text = answer.header("retry-after");
  int seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds > 0 && seconds < 86'400 ? seconds * 1000 : 0;
}

std::string url_of(const std::string& base, const RestRequest& request) {
  std::string url = base + request.path;
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    url += separator + percent_encode(name) + "=" + percent_encode(value);
    separator = '&';
  }
  return url;
}

// {"error": {"message", "type", "code"}}; of a proxy in between anything.
void read_error(const std::string& body, std::string& message, std::string& type) {
  const auto json = iceberg::parse_json(body, "an answer");
  if (!json) return;
  const JsonFields fields(*json, "an answer");
  const Json* error = fields.find("error");
  if (error == nullptr) return;
  const JsonFields parts(*error, "an answer");
  if (const auto text = parts.maybe_text("message"); text && *text) message = **text;
  if (const auto text = parts.maybe_text("type"); text && *text) type = **text;
}

}  // namespace

RestClient::RestClient(std::string url, IcebergLogin login,
                       std::shared_ptr<HttpTransport> transport, RetryPolicy retry)
    : url_(std::move(url)),
      transport_(transport),
      retry_(std::move(retry)),
      login_(std::move(login), url_ + "/v1/oauth/tokens", std::move(transport)) {}

RestFailure RestClient::failure(const RestRequest& request, const HttpResponse& answer) const {
  std::string message;
  std::string type;
  read_error(answer.body, message, type);
  if (message.empty()) message = fmt::format("the server answered with status {}", answer.status);
  Error error(kind_of(answer.status),
              redact(fmt::format("cannot {} of {}: {}", request.action, url_, message)));
  RestFailure out{std::move(error)
                      .about(url_)
                      .code(type.empty() ? fmt::format("HTTP_{}", answer.status) : type)
                      .advise(hint_of(answer.status)),
                  answer.status, false};
  out.may_have_happened = answer.status >= 500 && !is_put_off(answer.status);
  return out;
}

std::expected<HttpResponse, RestFailure> RestClient::send_once(const RestRequest& request) {
  auto token = login_.token();
  if (!token) return std::unexpected(RestFailure{std::move(token.error()), 0, false});
  HttpRequest out;
  out.method = request.method;
  out.url = url_of(url_, request);
  out.once = request.once;
  out.headers = {{"Accept", "application/json"},
                 {"X-Iceberg-Access-Delegation", "vended-credentials"}};
  if (!token->empty()) out.headers.emplace_back("Authorization", "Bearer " + *token);
  const std::string body = request.body.is_null() ? "" : iceberg::json_text(request.body);
  if (!body.empty()) out.headers.emplace_back("Content-Type", "application/json");
  out.body = body;
  auto answer = transport_->send(out);
  if (answer) return std::move(*answer);
  return std::unexpected(
      RestFailure{std::move(answer.error().error), 0, answer.error().may_have_arrived});
}

RestAnswer RestClient::send(const RestRequest& request) {
  bool is_renewed = false;
  for (int tries = 1;; ++tries) {
    auto answer = send_once(request);
    if (answer && answer->status >= 200 && answer->status < 300) {
      if (answer->body.empty()) return nullptr;
      auto json = iceberg::parse_json(answer->body, "the answer of " + url_);
      if (json) return std::move(*json);
      // What was asked for is done.
      if (request.once) return nullptr;
      return std::unexpected(RestFailure{std::move(json.error()), answer->status, false});
    }
    RestFailure failed = answer ? failure(request, *answer) : std::move(answer.error());
    if (is_refused_token(failed.status) && !std::exchange(is_renewed, true)) {
      const auto renewed = login_.renew();
      if (renewed && *renewed) continue;
    }
    const bool is_passing = failed.error.kind == ErrorKind::kTransient;
    const bool may_repeat = is_put_off(failed.status) || !request.once || !failed.may_have_happened;
    if (!is_passing || !may_repeat) return std::unexpected(std::move(failed));
    const int wished_ms = answer ? retry_after_ms(*answer) : 0;
    if (!wait_for_retry(retry_, tries, wished_ms)) return std::unexpected(std::move(failed));
  }
}

}  // namespace sluice
