#include "base/sha256.h"

#include <openssl/sha.h>

#include "base/text.h"

namespace sluice {

std::string sha256_hex(std::string_view data) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest);
  return hex(digest, sizeof(digest));
}

}  // namespace sluice
