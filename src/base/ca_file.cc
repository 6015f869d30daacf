#include "base/ca_file.h"

#include <cstdlib>

namespace sluice {

std::string ca_file() {
  for (const char* name : {"AWS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    if (const char* file = std::getenv(name); file != nullptr && *file != '\0') return file;
  }
  return "";
}

}  // namespace sluice
