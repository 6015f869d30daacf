#include "lake_catalog/rest_storage.h"

#include <charconv>

namespace sluice {
namespace {

using iceberg::Json;

constexpr const char* kKeyId = "s3.access-key-id";
constexpr const char* kSecretKey = "s3.secret-access-key";

std::string text_of(const RestConfig& config, const std::string& name) {
  const auto found = config.find(name);
  return found == config.end() ? "" : found->second;
}

void set_place(const RestConfig& config, S3Settings& s3) {
  const std::string endpoint = text_of(config, "s3.endpoint");
  if (!endpoint.empty()) s3.endpoint = endpoint;
  for (const char* name : {"s3.region", "client.region"}) {
    const std::string region = text_of(config, name);
    if (!region.empty()) s3.region = region;
  }
  const std::string path_style = text_of(config, "s3.path-style-access");
  if (path_style == "true") s3.url_style = S3UrlStyle::kPath;
  if (path_style == "false" && !s3.endpoint.empty()) s3.url_style = S3UrlStyle::kVirtual;
  while (s3.endpoint.ends_with('/')) s3.endpoint.pop_back();
}

std::optional<std::int64_t> end_of(const RestConfig& config) {
  const std::string text = text_of(config, "s3.session-token-expires-at-ms");
  std::int64_t ms = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), ms);
  return read.ec == std::errc() && ms > 0 ? std::optional(ms) : std::nullopt;
}

}  // namespace

RestConfig config_of(const Json* json) {
  RestConfig out;
  if (json == nullptr || !json->is_object()) return out;
  for (const auto& [name, value] : json->items()) {
    if (value.is_string()) out[name] = value.get<std::string>();
  }
  return out;
}

RestConfig storage_config(const Json* credentials, const std::string& location, RestConfig config) {
  const Json* best = nullptr;
  std::size_t longest = 0;
  if (credentials == nullptr || !credentials->is_array()) return config;
  for (const Json& one : *credentials) {
    if (!one.is_object() || !one.contains("prefix") || !one["prefix"].is_string()) continue;
    const auto prefix = one["prefix"].get<std::string>();
    if (!location.starts_with(prefix) || (best != nullptr && prefix.size() <= longest)) continue;
    best = &one;
    longest = prefix.size();
  }
  if (best == nullptr || !best->contains("config")) return config;
  for (auto& [name, value] : config_of(&(*best)["config"])) config[name] = value;
  return config;
}

LentStorage storage_by(const RestConfig& config, const S3Settings& own) {
  LentStorage out{own, false, std::nullopt};
  const std::string key = text_of(config, kKeyId);
  const std::string secret = text_of(config, kSecretKey);
  if (key.empty() || secret.empty()) {
    if (own.endpoint.empty()) set_place(config, out.s3);
    return out;
  }
  out.is_lent = true;
  out.s3.access_key_id = key;
  out.s3.secret_access_key = Secret(secret);
  const std::string token = text_of(config, "s3.session-token");
  out.s3.session_token = token.empty() ? Secret() : Secret(token);
  out.s3.keys_found_in = "the REST catalog";
  set_place(config, out.s3);
  out.ends_ms = end_of(config);
  return out;
}

}  // namespace sluice
