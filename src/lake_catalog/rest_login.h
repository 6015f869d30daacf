// The token by which a REST catalog knows who asks: given, or had for a credential (OAuth2's client
// credentials, RFC 6749 section 4.4), and exchanged for a later one (RFC 8693).
//
// The answer's errors name the server's code and its text; neither the credential nor a token.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lake_catalog/iceberg_catalog.h"
#include "store/http.h"

namespace sluice {

class RestLogin {
 public:
  RestLogin(IcebergLogin login, std::string token_url, std::shared_ptr<HttpTransport> transport);

  // "" where nobody said who asks. Errors: kDenied, kTransient.
  Result<std::string> token();
  // After the server refused the token. Returns: whether there is a later one.
  Result<bool> renew();

 private:
  Status ask_for_token(const std::string& form);
  std::string client_form() const;

  IcebergLogin login_;
  std::string token_url_;
  std::shared_ptr<HttpTransport> transport_;
  Secret token_;
  std::optional<std::int64_t> ends_ms_;
};

}  // namespace sluice
