// Which NATS servers, and who one is to them.
//
//   nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT][,nats://...]     tls:// where TLS is wanted
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace sluice::nats {

struct ServerPlace {
  std::vector<std::string> urls;  // without a login
  std::string user;
  Secret password;
  Secret token;
  std::filesystem::path credentials;  // a file of a JWT and its seed
  std::filesystem::path ca;           // certificates that a server's own has to come from
  std::filesystem::path certificate;  // this client's, with `key`
  std::filesystem::path key;
  bool tls = false;

  std::string display() const;
};

inline constexpr int kDefaultPort = 4222;

// Errors: kInvalid, never showing a password.
Result<ServerPlace> parse_servers(std::string_view text);

}  // namespace sluice::nats
