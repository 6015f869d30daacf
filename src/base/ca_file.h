// The certificates of authorities that a server's own is checked against.
#pragma once

#include <string>

namespace sluice {

// The file that AWS_CA_BUNDLE, SSL_CERT_FILE or CURL_CA_BUNDLE names, the first that is set; ""
// where none is: then the system's own count.
std::string ca_file();

}  // namespace sluice
