#include "operations/ask_trino.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "store/http.h"
#include "store/retry.h"

namespace sluice {
namespace {

using Json = nlohmann::json;

constexpr const char* kUser = "sluice";

class TrinoClient {
 public:
  TrinoClient(std::string url, const CancelToken* cancel)
      : url_(std::move(url)), transport_(make_http_transport({.cancel = cancel})) {
    retry_.cancel = cancel;
  }

  Result<Json> send(const std::string& method, const std::string& url, const std::string& body) {
    HttpRequest request;
    request.method = method;
    request.url = url;
    request.headers = {{"X-Trino-User", kUser}, {"X-Trino-Source", "sluice connect"}};
    request.body = body;
    for (int tries = 1;; ++tries) {
      auto answer = transport_->send(request);
      if (!answer) return fail(std::move(answer.error().error));
      if (answer->status == 503 && wait_for_retry(retry_, tries, 0)) continue;
      if (answer->status != 200) return refused(answer->status);
      Json json = Json::parse(answer->body, nullptr, false);
      if (json.is_object()) return json;
      return fail(Error(ErrorKind::kInvalid, fmt::format("what answers at {} is no Trino", url_))
                      .about(url_));
    }
  }

  // The first cell. An address to go on at is followed on this server alone.
  Result<std::string> value(const std::string& sql) {
    TRY_ASSIGN(Json answer, send("POST", url_ + "/v1/statement", sql));
    std::string found;
    while (true) {
      if (answer.contains("error")) return failed(answer["error"]);
      const Json data = answer.value("data", Json::array());
      if (data.is_array() && !data.empty()) found = data.at(0).at(0).dump();
      const std::string next = answer.value("nextUri", "");
      if (next.empty()) return found;
      if (!next.starts_with(url_ + "/")) {
        return fail(Error(ErrorKind::kInvalid,
                          fmt::format("Trino at {} sends on to another server, {}", url_, next))
                        .about(url_)
                        .advise("give --url as Trino calls itself"));
      }
      TRY_ASSIGN(answer, send("GET", next, ""));
    }
  }

 private:
  std::unexpected<Error> refused(int status) const {
    const bool is_denied = status == 401 || status == 403;
    return fail(Error(is_denied       ? ErrorKind::kDenied
                      : status >= 500 ? ErrorKind::kTransient
                                      : ErrorKind::kInvalid,
                      fmt::format("{} answers with status {}", url_, status))
                    .about(url_)
                    .code(fmt::format("HTTP_{}", status))
                    .advise(is_denied ? "this Trino asks who one is: leave --url away, and check "
                                        "with its own client"
                                      : "check --url"));
  }

  std::unexpected<Error> failed(const Json& error) const {
    const std::string name = error.value("errorName", "");
    const bool is_missing = name == "CATALOG_NOT_FOUND";
    return fail(Error(is_missing ? ErrorKind::kNotFound : ErrorKind::kInvalid,
                      fmt::format("Trino at {}: {}", url_, error.value("message", name)))
                    .about(url_)
                    .code(name)
                    .advise(is_missing
                                ? "put the catalog file where Trino has its own and start it "
                                  "again, or name it with --catalog"
                                : "Trino's log says more"));
  }

  std::string url_;
  std::shared_ptr<HttpTransport> transport_;
  RetryPolicy retry_;
};

}  // namespace

Result<TrinoAnswer> ask_trino(const std::string& typed, const std::string& catalog,
                              const CancelToken* cancel) {
  std::string url = typed;
  while (url.ends_with('/')) url.pop_back();
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}\" is no URL of a Trino", typed))
                    .about(typed)
                    .advise("write --url http://HOST:PORT"));
  }
  TrinoClient trino(url, cancel);
  TRY_ASSIGN(const Json info, trino.send("GET", url + "/v1/info", ""));
  if (!info.contains("nodeVersion")) {
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("what answers at {} is no Trino", url)).about(url));
  }
  if (info.value("starting", false)) {
    return fail(Error(ErrorKind::kTransient, fmt::format("Trino at {} is starting", url))
                    .about(url)
                    .advise("try again in some seconds"));
  }
  TrinoAnswer out;
  out.version = info["nodeVersion"].value("version", "");
  // Of its own Trino has a table in `system`.
  TRY_ASSIGN(const std::string count,
             trino.value(fmt::format("SELECT count(*) FROM {}.information_schema.tables WHERE "
                                     "table_schema NOT IN ('information_schema', 'system')",
                                     quote_identifier(catalog))));
  out.tables = std::strtoull(count.c_str(), nullptr, 10);
  return out;
}

}  // namespace sluice
