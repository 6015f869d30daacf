#include "model/s3_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sluice {
namespace {

constexpr std::array<std::string_view, 3> kSchemes = {"s3://", "s3a://", "s3n://"};
constexpr std::size_t kBucketMin = 3;
constexpr std::size_t kBucketMax = 63;

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; capitals and _ are
// in old buckets and on other servers.
bool is_bucket(std::string_view name) {
  if (name.size() < kBucketMin || name.size() > kBucketMax) return false;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return is_word(name.front()) && is_word(name.back()) && std::ranges::all_of(name, [&](char c) {
           return is_word(c) || c == '-' || c == '.' || c == '_';
         });
}

}  // namespace

std::string S3Place::uri() const { return "s3://" + bucket + (prefix.empty() ? "" : "/" + prefix); }

bool is_s3(std::string_view text) {
  return std::ranges::any_of(kSchemes,
                             [&](std::string_view scheme) { return text.starts_with(scheme); });
}

Result<S3Place> parse_s3(std::string_view text) {
  std::string_view rest = text.substr(text.find("://") + 3);
  S3Place place;
  place.bucket = rest.substr(0, rest.find('/'));
  if (!is_bucket(place.bucket)) {
    return fail(
        Error(ErrorKind::kInvalid,
              fmt::format("\"{}\" names no bucket: \"{}\"", text, place.bucket))
            .about(std::string(text))
            .advise("write s3://BUCKET/PREFIX; a bucket's name has 3 to 63 letters, digits, "
                    "dots and hyphens"));
  }
  rest.remove_prefix(place.bucket.size());
  while (rest.starts_with('/')) rest.remove_prefix(1);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  place.prefix = rest;
  if (rest.empty()) return place;
  for (const std::string& part : split(rest, '/')) {
    if (!part.empty() && part != "." && part != "..") continue;
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("\"{}\" has the part \"{}\" between two slashes", text, part))
                    .about(std::string(text))
                    .advise("write s3://BUCKET/PREFIX without empty parts, . and .."));
  }
  return place;
}

}  // namespace sluice
