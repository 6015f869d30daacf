// Who one is to an Iceberg REST catalog.
#pragma once

#include <string>

#include "base/secret.h"

namespace sluice {

// At most one of token and credential.
struct IcebergLogin {
  Secret token;       // sent as it is
  Secret credential;  // CLIENT_ID:CLIENT_SECRET or CLIENT_SECRET, exchanged for a token (OAuth2)
  std::string oauth2_server_uri;  // "": the catalog's own end point
  std::string scope = "catalog";
};

}  // namespace sluice
