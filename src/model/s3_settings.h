// How to reach S3: the same settings serve sluice's own store and the engine's httpfs.
#pragma once

#include <string>

#include "base/secret.h"

namespace sluice {

enum class S3UrlStyle {
  kAuto,     // path for an endpoint of one's own, virtual for Amazon's
  kPath,     // http://HOST/BUCKET/KEY
  kVirtual,  // http://BUCKET.HOST/KEY
};

struct S3Settings {
  std::string endpoint;  // http://HOST[:PORT] or https://HOST[:PORT]; "" is Amazon's of the region
  std::string region = "us-east-1";
  S3UrlStyle url_style = S3UrlStyle::kAuto;
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;  // empty for keys that last
  // Where the keys were found, for people: "AWS_ACCESS_KEY_ID", "profile \"shop\" of ...".
  std::string keys_found_in;

  bool has_keys() const { return !access_key_id.empty() && !secret_access_key.empty(); }
};

// What the user wrote of it, in a location's parameters or in [s3] of sluice.toml; "" where
// nothing.
struct S3Wishes {
  std::string endpoint;
  std::string region;
  std::string url_style;  // auto, path, virtual
  std::string profile;
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;
};

}  // namespace sluice
