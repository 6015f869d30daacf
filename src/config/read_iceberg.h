// [iceberg] of sluice.toml: token, credential, oauth2_server_uri and scope, for REST catalogs.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "config/environment.h"
#include "config/toml_reader.h"
#include "model/iceberg_login.h"

namespace sluice {

using IcebergParts = std::map<std::string, std::string>;

// Errors: kInvalid names file, line and key: of a key that is not known, a value that is no text,
// a token beside a credential.
Result<IcebergParts> read_iceberg_parts(const TomlReader& reader);

// With variables put in; what the file leaves open is SLUICE_ICEBERG_TOKEN, _CREDENTIAL,
// _OAUTH2_SERVER_URI and _SCOPE of the environment. A file that says who asks goes before all of
// them. Errors: kInvalid names the variable that is not set; a token beside a credential.
Result<IcebergLogin> iceberg_login(const IcebergParts& parts, const Environment& environment);

}  // namespace sluice
