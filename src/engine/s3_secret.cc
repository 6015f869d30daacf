#include "engine/s3_secret.h"

#include <fmt/format.h>

#include <vector>

#include "base/ca_file.h"
#include "base/secret.h"
#include "base/sha256.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr std::size_t kDigestDigits = 16;

struct Host {
  std::string name;  // with a port, without a scheme
  bool tls = true;
};

Host host_of(const std::string& endpoint) {
  Host host{endpoint, to_lower(endpoint).starts_with("https://")};
  host.name.erase(0, endpoint.find("://") + 3);
  while (host.name.ends_with('/')) host.name.pop_back();
  return host;
}

// A bucket with a dot has no certificate in the virtual style; so has the store.
std::string url_style(const S3Settings& settings, const S3Place& place) {
  const bool own = !settings.endpoint.empty();
  const bool dotted = place.bucket.find('.') != std::string::npos;
  const bool path = settings.url_style == S3UrlStyle::kPath ||
                    (settings.url_style == S3UrlStyle::kAuto && (own || dotted));
  return path ? "path" : "vhost";
}

// As patient as the store is (store/retry.h), and with the same authorities.
Status set_client(EngineConnection& connection) {
  // A key is what it is: *, [ and ? are no pattern and no parameters, % is no escape.
  TRY(connection.execute("SET GLOBAL s3_url_compatibility_mode = true"));
  TRY(connection.execute("SET GLOBAL http_retries = 6"));
  TRY(connection.execute("SET GLOBAL http_retry_backoff = 2"));
  const std::string authorities = ca_file();
  if (authorities.empty()) return {};
  return connection.execute("SET GLOBAL ca_cert_file = " + quote_literal(authorities));
}

}  // namespace

std::string s3_secret_name(const S3Place& place) {
  return "sluice_s3_" + sha256_hex(place.uri()).substr(0, kDigestDigits);
}

Status allow_s3(Engine& engine, const S3Place& place, const S3Settings& settings) {
  TRY(engine.load_extension("httpfs"));
  TRY_ASSIGN(const auto connection, engine.connect());
  TRY(set_client(*connection));
  std::vector<std::string> parts = {
      "TYPE s3",
      "KEY_ID " + quote_literal(settings.access_key_id),
      "SECRET " + quote_literal(settings.secret_access_key.reveal()),
      "REGION " + quote_literal(settings.region),
      "URL_STYLE " + quote_literal(url_style(settings, place)),
      "SCOPE " + quote_literal(place.uri()),
  };
  if (!settings.session_token.empty()) {
    parts.push_back("SESSION_TOKEN " + quote_literal(settings.session_token.reveal()));
  }
  if (!settings.endpoint.empty()) {
    const Host host = host_of(settings.endpoint);
    parts.push_back("ENDPOINT " + quote_literal(host.name));
    parts.push_back(fmt::format("USE_SSL {}", host.tls));
  }
  auto made = connection->execute(fmt::format("CREATE OR REPLACE TEMPORARY SECRET {} ({})",
                                              s3_secret_name(place), join(parts, ", ")));
  if (!made) {
    made.error().message = redact(std::move(made.error().message));  // it may quote the statement
    return fail(std::move(made.error()));
  }
  return {};
}

}  // namespace sluice
