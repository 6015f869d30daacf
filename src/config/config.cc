#include "config/config.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <vector>

#include "base/text.h"
#include "config/location_parts.h"
#include "config/nearest.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

struct PartVariable {
  std::string_view suffix;
  std::string_view part;
};
constexpr std::array kPartVariables = {
    PartVariable{"HOST", "host"},     PartVariable{"PORT", "port"},
    PartVariable{"NAME", "database"}, PartVariable{"USER", "user"},
    PartVariable{"PASS", "password"}, PartVariable{"PASSWORD", "password"},
    PartVariable{"SCHEMA", "schema"}, PartVariable{"KIND", "kind"},
};

bool is_plain_identifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9') || text[0] == '-') return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  return true;
}

// crypto-lake -> CRYPTO_LAKE
std::string variable_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-') c = '_';
  }
  return out;
}

// A location of the variables that begin with `prefix`; nullopt where none of them is set.
Result<std::optional<Location>> from_environment(const Environment& environment,
                                                 const std::string& prefix) {
  if (const auto url = environment(prefix + "URL"); url && !url->empty()) {
    TRY_ASSIGN(Location location, location_of_parts({{"url", *url}}, prefix + "URL"));
    return location;
  }
  LocationParts parts;
  for (const PartVariable& variable : kPartVariables) {
    const auto value = environment(prefix + std::string(variable.suffix));
    if (value && !value->empty()) parts[std::string(variable.part)] = *value;
  }
  if (parts.empty()) return std::nullopt;
  std::vector<std::string> missing;
  if (!parts.contains("host")) missing.push_back(prefix + "HOST");
  if (!parts.contains("database")) missing.push_back(prefix + "NAME");
  if (!missing.empty()) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("variables {}* are set, but without {}",
                                                       prefix, join(missing, " and ")))
                    .about(missing[0])
                    .advise(fmt::format("export {}=..., or {}URL with the whole location",
                                        missing[0], prefix)));
  }
  parts.emplace("kind", "postgres");
  TRY_ASSIGN(Location location, location_of_parts(parts, prefix + "*"));
  return location;
}

template <typename T>
const Result<T>* find_name(const std::map<std::string, Result<T>>& named, std::string_view name) {
  for (const auto& [key, value] : named) {
    if (to_lower(key) == to_lower(name)) return &value;
  }
  return nullptr;
}

template <typename T>
std::vector<std::string> names_of(const std::map<std::string, Result<T>>& named) {
  std::vector<std::string> names;
  for (const auto& [key, value] : named) names.push_back(key);
  return names;
}

std::string shown_file(const fs::path& file) {
  return file.empty() ? "sluice.toml (there is none here)" : file.string();
}

}  // namespace

Result<Location> Config::resolve(std::string_view text) const {
  if (const Result<Location>* named = find_name(locations_, text)) return *named;
  std::error_code missing;
  if (!is_plain_identifier(text) || fs::exists(fs::path(text), missing)) {
    return parse_location(text);
  }
  const std::string upper = variable_name(text);
  const std::array<std::string, 2> prefixes = {"SLUICE_" + upper + "_", upper + "_DB_"};
  for (const std::string& prefix : prefixes) {
    TRY_ASSIGN(const std::optional<Location> location, from_environment(environment_, prefix));
    if (location) return *location;
  }
  const std::string near = nearest_name(text, names_of(locations_));
  return fail(
      Error(ErrorKind::kNotFound,
            fmt::format("no location \"{0}\": looked for [locations.{0}] in {1}, for the variables "
                        "{2}URL and {3}URL, {2}HOST and {3}HOST, and for a file \"{0}\"",
                        text, shown_file(file_), prefixes[0], prefixes[1]))
          .about(std::string(text))
          .advise(near.empty() ? fmt::format("write its kind in front, such as parquet:{0} or "
                                             "duckdb:{0}",
                                             text)
                               : fmt::format("did you mean \"{}\"?", near)));
}

Result<MigrateOptions> Config::job(std::string_view name) const {
  if (const Result<MigrateOptions>* named = find_name(jobs_, name)) {
    if (*named) return *named;
    Error error = named->error();
    error.message = fmt::format("job \"{}\": {}", name, error.message);
    return fail(std::move(error));
  }
  const std::string near = nearest_name(name, names_of(jobs_));
  return fail(Error(ErrorKind::kNotFound, fmt::format("no job \"{}\": looked for [jobs.{}] in {}",
                                                      name, name, shown_file(file_)))
                  .about(std::string(name))
                  .advise(near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)));
}

}  // namespace sluice
