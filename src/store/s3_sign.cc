#include "store/s3_sign.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>

#include "base/sha256.h"
#include "base/text.h"
#include "store/percent.h"

namespace sluice {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kDateSize = 8;

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string signed_names(const SignInput& input) {
  std::vector<std::string> names;
  for (const auto& [name, value] : input.headers) names.push_back(name);
  return join(names, ";");
}

// A value without blanks around it, and with one for each run of them.
std::string one_blank(std::string_view value) {
  std::string out;
  for (const char c : trim(value)) {
    if (c != ' ' || out.back() != ' ') out += c;
  }
  return out;
}

}  // namespace

std::string canonical_query(std::vector<std::pair<std::string, std::string>> query) {
  for (auto& [name, value] : query) {
    name = percent_encode(name);
    value = percent_encode(value);
  }
  std::ranges::sort(query);
  std::vector<std::string> pairs;
  for (const auto& [name, value] : query) pairs.push_back(name + "=" + value);
  return join(pairs, "&");
}

std::string canonical_request(const SignInput& input) {
  std::string out = input.method + "\n" + input.path + "\n" + canonical_query(input.query) + "\n";
  for (const auto& [name, value] : input.headers) out += name + ":" + one_blank(value) + "\n";
  return out + "\n" + signed_names(input) + "\n" + input.headers.at("x-amz-content-sha256");
}

std::string authorization(const SignInput& input, const S3Settings& settings) {
  const std::string& time = input.headers.at("x-amz-date");
  const std::string date = time.substr(0, kDateSize);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", date, settings.region);
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope, sha256_hex(canonical_request(input)));
  std::string key = hmac("AWS4" + settings.secret_access_key.reveal(), date);
  for (const std::string_view part : {std::string_view(settings.region), std::string_view("s3"),
                                      std::string_view("aws4_request")}) {
    key = hmac(key, part);
  }
  const std::string signature = hmac(key, text);
  return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                     settings.access_key_id, scope, signed_names(input),
                     hex(signature.data(), signature.size()));
}

std::string sign_time(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace sluice
