#include "client/nats/server_place.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice::nats {
namespace {

constexpr std::string_view kPlain = "nats://";
constexpr std::string_view kTls = "tls://";

Error wrong(const std::string& why) {
  return Error(ErrorKind::kInvalid, why)
      .about("nats")
      .advise("servers are nats://HOST:PORT, several with commas between them");
}

void take_login(std::string_view login, ServerPlace& place) {
  const std::size_t colon = login.find(':');
  if (colon == std::string_view::npos) {
    place.token = Secret(std::string(login));
    return;
  }
  place.user = login.substr(0, colon);
  place.password = Secret(std::string(login.substr(colon + 1)));
}

}  // namespace

std::string ServerPlace::display() const { return join(urls, ","); }

Result<ServerPlace> parse_servers(std::string_view text) {
  ServerPlace place;
  for (const std::string& word : split(std::string(text), ',')) {
    std::string_view rest = word;
    const bool is_tls = rest.starts_with(kTls);
    if (is_tls) {
      place.tls = true;
      rest.remove_prefix(kTls.size());
    } else if (rest.starts_with(kPlain)) {
      rest.remove_prefix(kPlain.size());
    } else if (place.urls.empty()) {
      return fail(wrong("a NATS server's URL begins with nats:// or tls://"));
    }
    // A password may hold an @ that is not encoded.
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
      take_login(rest.substr(0, at), place);
      rest.remove_prefix(at + 1);
    }
    while (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.empty() || rest.find('/') != std::string_view::npos) {
      return fail(wrong("a NATS server's URL is a host and a port, with nothing behind them"));
    }
    const std::size_t bracket = rest.rfind(']');
    const bool has_port =
        rest.find(':', bracket == std::string_view::npos ? 0 : bracket) != std::string_view::npos;
    place.urls.push_back(fmt::format("{}{}{}", is_tls ? kTls : kPlain, rest,
                                     has_port ? "" : fmt::format(":{}", kDefaultPort)));
  }
  return place;
}

}  // namespace sluice::nats
