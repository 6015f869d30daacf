#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "config/choices.h"
#include "config/config.h"
#include "config/location_parts.h"
#include "config/read_s3.h"
#include "config/toml_reader.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kDefaultFile = "sluice.toml";
constexpr std::int64_t kParallelMax = 1024;

const std::vector<std::string> kLocationKeys = {"url",  "kind",     "path",     "host",  "port",
                                                "user", "password", "database", "schema"};
const std::vector<std::string> kJobKeys = {
    "source",      "target",     "tables",     "exclude",  "rename", "if_exists", "key",
    "accept_loss", "on_bad_row", "batch_size", "parallel", "verify", "publish",   "backup",
    "map",         "owner",      "file_mode",  "dir_mode", "cursor"};

Result<LocationParts> read_parts(const TomlReader& reader) {
  TRY(reader.check_keys(kLocationKeys));
  LocationParts parts;
  for (const std::string& key : reader.keys()) {
    if (key == "url" && reader.keys().size() > 1) {
      return fail(reader.error_at(
          key, fmt::format("key \"{}\" stands beside other keys of the location, which it replaces",
                           reader.path_of(key))));
    }
    if (const auto port = reader.integer(key); key == "port" && port) {
      parts[key] = std::to_string(**port);
      continue;
    }
    TRY_ASSIGN(const std::optional<std::string> value, reader.text(key));
    parts[key] = *value;
  }
  return parts;
}

Result<Location> make_location(LocationParts parts, const Environment& environment,
                               const std::string& name) {
  for (auto& [key, value] : parts) {
    auto expanded = expand_variables(value, environment);
    if (!expanded) {
      expanded.error().message = fmt::format("{}.{}: {}", name, key, expanded.error().message);
      return fail(std::move(expanded.error()));
    }
    value = std::move(*expanded);
  }
  return location_of_parts(parts, name);
}

Status read_number(const TomlReader& reader, std::string_view key, std::int64_t value_max,
                   std::int64_t& value) {
  TRY_ASSIGN(const std::optional<std::int64_t> number, reader.integer(key));
  if (!number) return {};
  if (*number < 1 || *number > value_max) {
    return fail(reader.error_at(key, fmt::format("key \"{}\": {} is not from 1 to {}",
                                                 reader.path_of(key), *number, value_max)));
  }
  value = *number;
  return {};
}

Status read_choices(const TomlReader& reader, MigrateOptions& options) {
  const auto placed = [&](std::string_view key, Error error) {
    return fail(reader.error_at(key, error.message).advise(error.hint));
  };
  TRY_ASSIGN(const std::optional<std::string> if_exists, reader.text("if_exists"));
  if (if_exists) {
    const auto choice = parse_if_exists(*if_exists, reader.path_of("if_exists"));
    if (!choice) return placed("if_exists", choice.error());
    options.if_exists = *choice;
  }
  TRY_ASSIGN(const std::optional<std::string> on_bad_row, reader.text("on_bad_row"));
  if (on_bad_row) {
    const auto choice = parse_on_bad_row(*on_bad_row, reader.path_of("on_bad_row"));
    if (!choice) return placed("on_bad_row", choice.error());
    options.on_bad_row = *choice;
  }
  TRY_ASSIGN(const std::optional<std::string> verify, reader.text("verify"));
  if (verify) {
    const auto choice = parse_verify_level(*verify, reader.path_of("verify"));
    if (!choice) return placed("verify", choice.error());
    options.level = *choice;
  }
  TRY_ASSIGN(const std::optional<bool> publish, reader.boolean("publish"));
  options.publish = publish.value_or(true);
  TRY_ASSIGN(const std::optional<bool> backup, reader.boolean("backup"));
  options.backup = backup.value_or(true);
  return {};
}

Result<MigrateOptions> read_job(const TomlReader& reader, const std::string& name) {
  TRY(reader.check_keys(kJobKeys));
  MigrateOptions options;
  TRY_ASSIGN(const std::optional<std::string> source, reader.text("source"));
  TRY_ASSIGN(const std::optional<std::string> target, reader.text("target"));
  if (!source || !target) {
    return fail(ErrorKind::kInvalid,
                fmt::format("job \"{}\" has no key \"{}\"", name, source ? "target" : "source"));
  }
  options.source = *source;
  options.target = *target;
  TRY_ASSIGN(options.selection.tables, reader.texts("tables"));
  TRY_ASSIGN(options.selection.excludes, reader.texts("exclude"));
  TRY_ASSIGN(const auto renames, reader.text_pairs("rename"));
  options.renames.insert(renames.begin(), renames.end());
  TRY_ASSIGN(const std::vector<std::string> maps, reader.texts("map"));
  options.maps.assign(maps.begin(), maps.end());
  TRY_ASSIGN(const std::vector<std::string> keys, reader.texts("key"));
  for (const std::string& key : keys) {
    for (const std::string& column : split(key, ',')) options.key.emplace_back(trim(column));
  }
  TRY_ASSIGN(options.cursors, reader.texts("cursor"));
  TRY_ASSIGN(options.accept_losses, reader.texts("accept_loss"));
  std::int64_t chunk_rows = 0;
  std::int64_t parallel = 0;
  TRY(read_number(reader, "batch_size", std::numeric_limits<std::int64_t>::max(), chunk_rows));
  TRY(read_number(reader, "parallel", kParallelMax, parallel));
  options.chunk_rows = static_cast<std::uint64_t>(chunk_rows);
  options.parallel = static_cast<int>(parallel);
  TRY_ASSIGN(const auto owner, reader.text("owner"));
  TRY_ASSIGN(const auto file_mode, reader.text("file_mode"));
  TRY_ASSIGN(const auto dir_mode, reader.text("dir_mode"));
  options.access = {owner.value_or(""), file_mode.value_or(""), dir_mode.value_or("")};
  TRY(read_choices(reader, options));
  return options;
}

Status expand_all(std::vector<std::string>& texts, const Environment& environment) {
  for (std::string& text : texts) {
    TRY_ASSIGN(text, expand_variables(text, environment));
  }
  return {};
}

Result<MigrateOptions> expand_job(MigrateOptions options, const Environment& environment) {
  TRY_ASSIGN(options.source, expand_variables(options.source, environment));
  TRY_ASSIGN(options.target, expand_variables(options.target, environment));
  TRY(expand_all(options.selection.tables, environment));
  TRY(expand_all(options.selection.excludes, environment));
  TRY(expand_all(options.accept_losses, environment));
  TRY(expand_all(options.key, environment));
  TRY_ASSIGN(options.access.owner, expand_variables(options.access.owner, environment));
  for (fs::path& map : options.maps) {
    TRY_ASSIGN(map, expand_variables(map.string(), environment));
  }
  for (auto& [old_name, new_name] : options.renames) {
    TRY_ASSIGN(new_name, expand_variables(new_name, environment));
  }
  return options;
}

// Two names that differ only by case: one of them could never be meant.
Status check_names(const TomlReader& reader, const std::vector<std::string>& names) {
  std::map<std::string, std::string> seen;
  for (const std::string& name : names) {
    const auto [at, is_new] = seen.emplace(to_lower(name), name);
    if (is_new) continue;
    return fail(reader.error_at(
        name, fmt::format("names \"{}\" and \"{}\" differ only by case", at->second, name)));
  }
  return {};
}

Result<toml::table> parse_file(const fs::path& path, const std::string& text) {
  // toml++ throws; nothing of it leaves this function.
  try {
    return toml::parse(text, path.string());
  } catch (const toml::parse_error& error) {
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("{}:{}: {}", path.string(),
                                               error.source().begin.line, error.description()))
            .about(path.string()));
  }
}

}  // namespace

Result<Config> load_config(const fs::path& path, bool explicit_path, Environment environment) {
  Config config(std::move(environment));
  const fs::path file = path.empty() ? fs::path(kDefaultFile) : path;
  std::error_code missing;
  if (!explicit_path && !fs::exists(file, missing)) return config;
  TRY_ASSIGN(const std::string text, read_file(file));
  TRY_ASSIGN(const toml::table document, parse_file(file, text));
  config.file_ = file;

  const TomlReader root(document, "", file.string());
  TRY(root.check_keys({"locations", "jobs", "s3", "iceberg"}));
  TRY_ASSIGN(const std::optional<TomlReader> s3, root.table("s3"));
  if (s3) {
    TRY_ASSIGN(const S3Parts parts, read_s3_parts(*s3));
    config.s3_ = s3_wishes(parts, config.environment_);
  }
  TRY_ASSIGN(const std::optional<TomlReader> iceberg, root.table("iceberg"));
  if (iceberg) {
    TRY_ASSIGN(config.iceberg_, read_iceberg_parts(*iceberg));
  }
  TRY_ASSIGN(const std::optional<TomlReader> locations, root.table("locations"));
  const std::vector<std::string> location_names =
      locations ? locations->keys() : std::vector<std::string>{};
  if (locations) TRY(check_names(*locations, location_names));
  for (const std::string& name : location_names) {
    TRY_ASSIGN(const std::optional<TomlReader> reader, locations->table(name));
    TRY_ASSIGN(LocationParts parts, read_parts(*reader));
    config.locations_.emplace(
        name, make_location(std::move(parts), config.environment_, "locations." + name));
  }
  TRY_ASSIGN(const std::optional<TomlReader> jobs, root.table("jobs"));
  const std::vector<std::string> job_names = jobs ? jobs->keys() : std::vector<std::string>{};
  if (jobs) TRY(check_names(*jobs, job_names));
  for (const std::string& name : job_names) {
    TRY_ASSIGN(const std::optional<TomlReader> reader, jobs->table(name));
    TRY_ASSIGN(MigrateOptions options, read_job(*reader, name));
    config.jobs_.emplace(name, expand_job(std::move(options), config.environment_));
  }
  return config;
}

}  // namespace sluice
