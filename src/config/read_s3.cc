#include "config/read_s3.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

namespace sluice {
namespace {

const std::vector<std::string> kKeys = {"endpoint",     "region",        "url_style",
                                        "profile",      "access_key_id", "secret_access_key",
                                        "session_token"};

}  // namespace

Result<S3Parts> read_s3_parts(const TomlReader& reader) {
  TRY(reader.check_keys(kKeys));
  S3Parts parts;
  for (const std::string& key : reader.keys()) {
    TRY_ASSIGN(const std::optional<std::string> value, reader.text(key));
    parts[key] = *value;
  }
  for (const auto& [key, other] : {std::pair{"access_key_id", "secret_access_key"},
                                   std::pair{"secret_access_key", "access_key_id"},
                                   std::pair{"session_token", "access_key_id"}}) {
    if (!parts.contains(key) || parts.contains(other)) continue;
    return fail(reader.error_at(
        key, fmt::format("key \"{}\" stands without \"{}\"", reader.path_of(key), other)));
  }
  return parts;
}

Result<S3Wishes> s3_wishes(const S3Parts& parts, const Environment& environment) {
  S3Parts texts;
  for (const auto& [key, value] : parts) {
    auto expanded = expand_variables(value, environment);
    if (!expanded) {
      expanded.error().message = fmt::format("s3.{}: {}", key, expanded.error().message);
      return fail(std::move(expanded.error()));
    }
    texts[key] = std::move(*expanded);
  }
  return S3Wishes{texts["endpoint"],
                  texts["region"],
                  texts["url_style"],
                  texts["profile"],
                  texts["access_key_id"],
                  Secret(texts["secret_access_key"]),
                  Secret(texts["session_token"])};
}

}  // namespace sluice
