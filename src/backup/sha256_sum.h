// Private to backup: SHA-256 of bytes that come in pieces.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "base/unique_handle.h"

namespace sluice {

class Sha256Sum {
 public:
  static Result<Sha256Sum> begin() {
    Sha256Sum out;
    if (out.context_ && EVP_DigestInit_ex(out.context_.get(), EVP_sha256(), nullptr) == 1) {
      return out;
    }
    return fail(ErrorKind::kInternal, "cannot start SHA-256");
  }

  Status add(std::string_view bytes) {
    if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1) return {};
    return fail(ErrorKind::kInternal, "cannot compute SHA-256");
  }

  Result<std::string> finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1) {
      return hex(digest.data(), size);
    }
    return fail(ErrorKind::kInternal, "cannot finish SHA-256");
  }

 private:
  UniqueHandle<EVP_MD_CTX*, EVP_MD_CTX_free> context_{EVP_MD_CTX_new()};
};

}  // namespace sluice
