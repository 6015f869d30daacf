#include "store/s3_client.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "store/percent.h"
#include "store/s3_endpoint.h"
#include "store/s3_sign.h"

namespace sluice {

S3Client::S3Client(S3Settings settings, std::string bucket,
                   std::shared_ptr<HttpTransport> transport, RetryPolicy retry)
    : settings_(std::move(settings)),
      bucket_(std::move(bucket)),
      transport_(std::move(transport)),
      retry_(std::move(retry)) {
  const S3Endpoint endpoint = s3_endpoint(settings_, bucket_);
  scheme_ = endpoint.tls ? "https" : "http";
  host_ = endpoint.path_style ? endpoint.host : bucket_ + "." + endpoint.host;
  folder_ = endpoint.folder;
  if (endpoint.path_style) folder_ += "/" + bucket_;
}

std::string S3Client::address(std::string_view key) const {
  return fmt::format("s3://{}{}{}", bucket_, key.empty() ? "" : "/", key);
}

HttpRequest S3Client::signed_request(const S3Request& request,
                                     const std::string& payload_hash) const {
  SignInput input;
  input.method = request.method;
  input.path = folder_ + "/" + percent_encode_path(request.key);
  if (request.key.empty() && !folder_.empty()) input.path = folder_;
  input.query = request.query;
  input.headers = request.headers;
  input.headers["host"] = host_;
  input.headers["x-amz-date"] = sign_time(now_unix_ms());
  input.headers["x-amz-content-sha256"] = payload_hash;
  if (!settings_.session_token.empty()) {
    input.headers["x-amz-security-token"] = settings_.session_token.reveal();
  }
  HttpRequest out;
  out.method = request.method;
  out.url = scheme_ + "://" + host_ + input.path;
  if (!request.query.empty()) out.url += "?" + canonical_query(request.query);
  out.body = request.body;
  out.once = !request.repeatable;
  for (const auto& [name, value] : input.headers) {
    if (name != "host") out.headers.emplace_back(name, value);  // libcurl writes it itself
  }
  out.headers.emplace_back("authorization", authorization(input, settings_));
  return out;
}

S3Answer S3Client::try_once(const S3Request& request) const {
  const std::string where = address(request.key);
  auto answer = transport_->send(signed_request(request, sha256_hex(request.body)));
  if (!answer) {
    Error error = std::move(answer.error().error);
    if (error.kind != ErrorKind::kCancelled) {
      error.message = fmt::format("cannot {} \"{}\": {}", request.action, where, error.message);
    }
    error.object = where;
    return std::unexpected(S3Failure{std::move(error), answer.error().may_have_arrived, 0, 0});
  }
  if (answer->status >= 200 && answer->status < 300) return std::move(*answer);
  return std::unexpected(s3_failure(*answer, {request.action, where, bucket_}, settings_));
}

S3Answer S3Client::send(const S3Request& request) const {
  bool maybe = false;  // a try before may have done it
  for (int tries = 1;; ++tries) {
    S3Answer answer = try_once(request);
    if (answer) return answer;
    maybe = maybe || answer.error().may_have_happened;
    answer.error().may_have_happened = maybe;
    if (answer.error().error.kind != ErrorKind::kTransient) return answer;
    if (maybe && !request.repeatable) return answer;
    if (!wait_for_retry(retry_, tries, answer.error().retry_after_ms)) {
      if (tries > 1) answer.error().error.message += fmt::format(", {} times", tries);
      return answer;
    }
  }
}

}  // namespace sluice
