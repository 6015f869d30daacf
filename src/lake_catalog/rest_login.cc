#include "lake_catalog/rest_login.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "format/iceberg/json_fields.h"
#include "store/percent.h"

namespace sluice {
namespace {

using iceberg::Json;
using iceberg::JsonFields;

constexpr std::int64_t kEarlyMs = 30'000;  // before its end a token is not used any more
constexpr const char* kExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr const char* kAccessToken = "urn:ietf:params:oauth:token-type:access_token";

std::string field(const char* name, const std::string& value) {
  return fmt::format("{}={}", name, percent_encode(value));
}

Error refused(const HttpResponse& answer, const std::string& url) {
  const bool is_busy = answer.status >= 500 || answer.status == 429;
  std::string why = fmt::format("status {}", answer.status);
  if (const auto json = iceberg::parse_json(answer.body, url); json && json->is_object()) {
    const JsonFields fields(*json, url);
    for (const char* name : {"error", "error_description"}) {
      const auto text = fields.maybe_text(name);
      if (text && *text) why += ", " + **text;
    }
  }
  return Error(is_busy ? ErrorKind::kTransient : ErrorKind::kDenied,
               redact(fmt::format("{} gave no token: {}", url, why)))
      .about(url)
      .code(fmt::format("HTTP_{}", answer.status))
      .advise(
          "check SLUICE_ICEBERG_CREDENTIAL, SLUICE_ICEBERG_SCOPE and "
          "SLUICE_ICEBERG_OAUTH2_SERVER_URI, or [iceberg] "
          "of sluice.toml");
}

}  // namespace

RestLogin::RestLogin(IcebergLogin login, std::string token_url,
                     std::shared_ptr<HttpTransport> transport)
    : login_(std::move(login)),
      token_url_(login_.oauth2_server_uri.empty() ? std::move(token_url)
                                                  : login_.oauth2_server_uri),
      transport_(std::move(transport)),
      token_(login_.token) {
  // Its secret part is not printed by itself either.
  const std::string& text = login_.credential.reveal();
  if (!text.empty()) (void)Secret(text.substr(text.find(':') + 1));
}

Result<std::string> RestLogin::token() {
  const bool is_over = ends_ms_ && now_unix_ms() + kEarlyMs > *ends_ms_;
  if (!login_.credential.empty() && (token_.empty() || is_over)) TRY(ask_for_token(client_form()));
  return token_.reveal();
}

Result<bool> RestLogin::renew() {
  if (!login_.credential.empty()) {
    TRY(ask_for_token(client_form()));
    return true;
  }
  if (token_.empty()) return false;
  const auto renewed = ask_for_token(
      field("grant_type", kExchange) + "&" + field("subject_token", token_.reveal()) + "&" +
      field("subject_token_type", kAccessToken) + "&" + field("scope", login_.scope));
  // That the token is refused is what has to be said then.
  return renewed.has_value();
}

std::string RestLogin::client_form() const {
  const std::string& text = login_.credential.reveal();
  const std::size_t colon = text.find(':');
  std::string form = field("grant_type", "client_credentials") + "&";
  if (colon != std::string::npos) form += field("client_id", text.substr(0, colon)) + "&";
  form += field("client_secret", colon == std::string::npos ? text : text.substr(colon + 1));
  return form + "&" + field("scope", login_.scope);
}

Status RestLogin::ask_for_token(const std::string& form) {
  HttpRequest request;
  request.method = "POST";
  request.url = token_url_;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  if (!token_.empty() && login_.credential.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + token_.reveal());
  }
  request.body = form;
  auto answer = transport_->send(request);
  if (!answer) return fail(std::move(answer.error().error));
  if (answer->status != 200) return fail(refused(*answer, token_url_));
  TRY_ASSIGN(const Json json, iceberg::parse_json(answer->body, "the answer of " + token_url_));
  const JsonFields fields(json, "the answer of " + token_url_);
  TRY_ASSIGN(const std::string token, fields.text("access_token"));
  TRY_ASSIGN(const auto seconds, fields.maybe_number("expires_in"));
  token_ = Secret(token);
  ends_ms_ = seconds ? std::optional(now_unix_ms() + *seconds * 1000) : std::nullopt;
  return {};
}

}  // namespace sluice
