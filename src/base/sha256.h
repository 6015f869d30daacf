// SHA-256 for hash chains and fingerprints (OpenSSL).
#pragma once

#include <string>
#include <string_view>

namespace sluice {

std::string sha256_hex(std::string_view data);  // 64 lower-case digits

}  // namespace sluice
