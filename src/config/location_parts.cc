#include "config/location_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "config/choices.h"

namespace sluice {
namespace {

constexpr int kPortMax = 65535;

// Keys of a location without a server; every other key belongs to a server.
const std::vector<std::string> kFileKeys = {"kind", "path"};
const std::vector<std::string> kFileKinds = {"duckdb", "sqlite", "parquet", "delta", "csv", "json"};
const std::vector<std::string> kServerKinds = {"postgres", "postgresql", "mysql", "mariadb"};
const std::vector<std::string> kKinds = {"duckdb", "sqlite", "parquet",  "delta",
                                         "csv",    "json",   "postgres", "mysql"};

Status take_port(const std::string& text, const std::string& name, Location& location) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), location.port);
  if (code != std::errc() || end != text.data() + text.size() || location.port < 1 ||
      location.port > kPortMax) {
    return fail(ErrorKind::kInvalid,
                fmt::format("{}: port \"{}\" is not a number from 1 to {}", name, text, kPortMax));
  }
  return {};
}

Result<Location> file_location(const LocationParts& parts, const std::string& name) {
  Location location;
  for (const auto& [key, value] : parts) {
    if (std::ranges::find(kFileKeys, key) == kFileKeys.end()) {
      return fail(ErrorKind::kInvalid, fmt::format("{}: key \"{}\" does not go with kind \"{}\"",
                                                   name, key, parts.at("kind")));
    }
  }
  location.kind = parts.at("kind");
  const auto path = parts.find("path");
  if (path == parts.end() || path->second.empty()) {
    return fail(ErrorKind::kInvalid, fmt::format("{}: has no path", name));
  }
  location.path = path->second;
  return location;
}

Result<Location> server_location(const LocationParts& parts, const std::string& name) {
  Location location;
  const std::string& kind = parts.at("kind");
  location.kind = kind == "mysql" || kind == "mariadb" ? "mysql" : "postgres";
  for (const auto& [key, value] : parts) {
    if (key == "path" || (key == "schema" && location.kind == "mysql")) {
      return fail(ErrorKind::kInvalid, fmt::format("{}: key \"{}\" does not go with kind \"{}\"",
                                                   name, key, location.kind));
    }
    if (key == "host") location.host = value;
    if (key == "port") TRY(take_port(value, name, location));
    if (key == "user") location.user = value;
    if (key == "password") location.password = Secret(value);
    if (key == "database") location.database = value;
    if (key == "schema" && !value.empty()) location.parameters["schema"] = value;
  }
  return location;
}

}  // namespace

Result<Location> location_of_parts(const LocationParts& parts, const std::string& name) {
  if (const auto url = parts.find("url"); url != parts.end()) {
    auto location = parse_location(url->second);
    if (!location) {
      location.error().message = fmt::format("{}: {}", name, location.error().message);
    }
    return location;
  }
  const auto kind = parts.find("kind");
  if (kind == parts.end()) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("{}: has neither url nor kind", name))
                    .about(name)
                    .advise("write url = \"duckdb:PATH\", or kind, host, database, ..."));
  }
  if (std::ranges::find(kServerKinds, kind->second) != kServerKinds.end()) {
    return server_location(parts, name);
  }
  if (std::ranges::find(kFileKinds, kind->second) == kFileKinds.end()) {
    return fail(unknown_word(kind->second, name + ".kind", kKinds));
  }
  return file_location(parts, name);
}

}  // namespace sluice
