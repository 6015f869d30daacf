#include "store/s3_endpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace sluice {

S3Endpoint s3_endpoint(const S3Settings& settings, const std::string& bucket) {
  S3Endpoint out;
  const bool amazon = settings.endpoint.empty();
  if (amazon) {
    const bool china = settings.region.starts_with("cn-");
    out.host = fmt::format("s3.{}.amazonaws.com{}", settings.region, china ? ".cn" : "");
  } else {
    out.tls = to_lower(settings.endpoint).starts_with("https://");
    std::string rest = settings.endpoint.substr(settings.endpoint.find("://") + 3);
    while (rest.ends_with('/')) rest.pop_back();
    const std::size_t slash = rest.find('/');
    if (slash != std::string::npos) out.folder = rest.substr(slash);
    out.host = to_lower(rest.substr(0, slash));
    const std::string_view own_port = out.tls ? ":443" : ":80";
    if (out.host.ends_with(own_port)) out.host.resize(out.host.size() - own_port.size());
  }
  const bool dotted = out.tls && bucket.find('.') != std::string::npos;
  out.path_style = settings.url_style == S3UrlStyle::kPath ||
                   (settings.url_style == S3UrlStyle::kAuto && (!amazon || dotted));
  return out;
}

Status check_endpoint(const std::string& endpoint) {
  const std::string lower = to_lower(endpoint);
  const bool scheme = lower.starts_with("http://") || lower.starts_with("https://");
  const std::string rest = scheme ? lower.substr(lower.find("://") + 3) : "";
  const bool host = !rest.empty() && rest.front() != '/' && rest.front() != ':';
  if (scheme && host && rest.find_first_of("?#@ ") == std::string::npos) return {};
  // Keys in it would be a secret, so an @ hides it all.
  const std::string shown = endpoint.find('@') == std::string::npos ? endpoint : "****";
  return fail(
      Error(ErrorKind::kInvalid, fmt::format("S3 endpoint \"{}\" is no URL of a server", shown))
          .advise("write https://HOST or http://HOST:PORT, without keys in it"));
}

}  // namespace sluice
