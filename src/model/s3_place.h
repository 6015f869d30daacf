// A place on S3 as it is typed: s3://BUCKET[/PREFIX], and s3a: and s3n: as other programs write it.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

struct S3Place {
  std::string bucket;
  std::string prefix;  // without slashes around it; "" is the whole bucket

  std::string uri() const;  // s3://BUCKET/PREFIX
};

bool is_s3(std::string_view text);

// The parameters of a location that say how its place on S3 is reached.
inline constexpr std::array<std::string_view, 4> kS3Parameters = {"endpoint", "region", "url_style",
                                                                  "profile"};

// Requires: is_s3(text). Errors: kInvalid for a name that no bucket can have and for a prefix with
// an empty part ("a//b") or one that is . or .., which not every server keeps apart.
Result<S3Place> parse_s3(std::string_view text);

}  // namespace sluice
