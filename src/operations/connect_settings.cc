#include "operations/connect_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "format/ducklake/lake_path.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

std::string absolute_path(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

// A value of a connection string of libpq.
std::string conninfo_value(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_of(" '\\") == std::string::npos;
  if (plain) return text;
  return "'" + replace_all(replace_all(text, "\\", "\\\\"), "'", "\\'") + "'";
}

// Without the password, which the program takes from its environment or a pgpass file.
std::string conninfo(const Location& location) {
  static constexpr std::array<std::string_view, 5> kOfTheLake = {"data_path", "snapshot", "at",
                                                                 "metadata_schema", "schema"};
  std::vector<std::string> parts = {"dbname=" + conninfo_value(location.database)};
  if (!location.host.empty()) parts.push_back("host=" + conninfo_value(location.host));
  if (location.port != 0) parts.push_back(fmt::format("port={}", location.port));
  if (!location.user.empty()) parts.push_back("user=" + conninfo_value(location.user));
  for (const auto& [name, value] : location.parameters) {
    if (std::find(kOfTheLake.begin(), kOfTheLake.end(), name) != kOfTheLake.end()) continue;
    if (name == "password") continue;
    parts.push_back(name + "=" + conninfo_value(value));
  }
  return join(parts, " ");
}

// A name that needs no quotes and is none of DuckDB's own.
std::string name_for(const std::string& path) {
  const std::string stem = to_lower(fs::path(path).stem().string());
  static constexpr std::array<std::string_view, 5> kTaken = {"main", "temp", "system", "memory",
                                                             "data"};
  const bool plain = !stem.empty() && std::isalpha(static_cast<unsigned char>(stem[0])) != 0 &&
                     std::all_of(stem.begin(), stem.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  const bool taken = std::find(kTaken.begin(), kTaken.end(), stem) != kTaken.end();
  return plain && !taken ? stem : "data";
}

std::string attach_sql(const Attachable& place) {
  std::string options = "READ_ONLY";
  for (const auto& [name, value] : place.options) options += ", " + name + " " + value;
  return fmt::format("ATTACH {} AS {} ({})", quote_literal(place.path), place.name, options);
}

std::vector<std::string> load_statements(const Attachable& place) {
  std::vector<std::string> out;
  for (const std::string& name : place.extensions) {
    out.push_back("INSTALL " + name);
    out.push_back("LOAD " + name);
  }
  return out;
}

void note_password(const Attachable& place, ToolSettings& out, const std::string& whose) {
  const auto& names = place.extensions;
  if (std::find(names.begin(), names.end(), "postgres") == names.end()) return;
  out.notes.push_back(fmt::format(
      "no password stands in these settings: give it to {} as PGPASSWORD=<password> in its "
      "environment, or in ~/.pgpass of its user",
      whose));
}

ToolSettings grafana(const Attachable& place) {
  ToolSettings out;
  out.statements = load_statements(place);
  out.statements.push_back(attach_sql(place));
  out.statements.push_back("USE " + place.name);
  std::string init;
  for (const std::string& statement : out.statements) init += statement + ";\n";
  init.pop_back();
  out.settings = {{"Data source", "DuckDB (motherduck-duckdb-datasource)"},
                  {"Path", "leave it empty"},
                  {"Init SQL", init}};
  note_password(place, out, "Grafana's service");
  return out;
}

// duckdb-engine opens what stands behind duckdb:/// as the connection's own database.
ToolSettings superset(const Attachable& place) {
  ToolSettings out;
  nlohmann::ordered_json arguments = {{"read_only", true}};
  if (!place.extensions.empty()) arguments["preload_extensions"] = place.extensions;
  const nlohmann::ordered_json parameters = {{"connect_args", arguments}};
  out.settings = {{"SQLAlchemy URI", "duckdb:///" + place.path},
                  {"Engine parameters (Advanced, Other)", parameters.dump(2)}};
  out.statements = load_statements(place);
  Attachable plain = place;
  plain.options.clear();
  out.statements.push_back(attach_sql(plain));
  out.statements.push_back("USE " + plain.name);
  out.notes.emplace_back("Superset needs the Python packages duckdb and duckdb-engine");
  if (!place.extensions.empty()) {
    out.notes.push_back(
        fmt::format("once, as Superset's user: python -c \"import duckdb; {}\"", [&] {
          std::vector<std::string> calls;
          for (const std::string& name : place.extensions) {
            calls.push_back(fmt::format("duckdb.install_extension('{}')", name));
          }
          return join(calls, "; ");
        }()));
  }
  note_password(place, out, "Superset");
  return out;
}

std::string yaml_text(const std::string& text) { return nlohmann::json(text).dump(); }

// An option of ATTACH as YAML has it: without the quotes of SQL.
std::string yaml_option(const std::string& literal) {
  if (!literal.starts_with('\'')) return literal;
  return yaml_text(replace_all(literal.substr(1, literal.size() - 2), "''", "'"));
}

ToolSettings dbt(const Attachable& place) {
  ToolSettings out;
  std::string yaml =
      "sluice:\n  target: lake\n  outputs:\n    lake:\n      type: duckdb\n"
      "      path: \":memory:\"\n";
  if (!place.extensions.empty()) {
    yaml += "      extensions:\n";
    for (const std::string& name : place.extensions) yaml += "        - " + name + "\n";
  }
  yaml += fmt::format(
      "      attach:\n        - path: {}\n          alias: {}\n          read_only: true\n",
      yaml_text(place.path), place.name);
  if (!place.options.empty()) {
    yaml += "          options:\n";
    for (const auto& [name, value] : place.options) {
      yaml += fmt::format("            {}: {}\n", to_lower(name), yaml_option(value));
    }
  }
  yaml.pop_back();
  out.settings = {
      {"profiles.yml", yaml},
      {"sources of a project",
       fmt::format("sources:\n  - name: {0}\n    database: {0}\n    schema: main", place.name)}};
  out.statements = load_statements(place);
  out.statements.push_back(attach_sql(place));
  out.notes.emplace_back(
      "models are built in the database of path, here in memory; name a file there to keep them");
  note_password(place, out, "dbt");
  return out;
}

}  // namespace

Result<Attachable> attachable_of(const Location& location, const std::string& data_path) {
  Attachable out;
  if (location.kind == "duckdb") {
    out.path = absolute_path(location.path);
    out.name = name_for(location.path);
    return out;
  }
  if (location.kind != "ducklake") {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("connect is for lakes and DuckDB files, and {} is a {}",
                                  location.display(), location.kind))
                    .about(location.display())
                    .advise("such locations are ducklake:sqlite:PATH, ducklake:postgres://..., "
                            "ducklake:duckdb:PATH and duckdb:PATH"));
  }
  out.name = "lake";
  out.extensions = {"ducklake"};
  if (location.catalog == "sqlite") {
    out.path = "ducklake:sqlite:" + absolute_path(location.path);
    out.extensions.emplace_back("sqlite");
  } else if (location.catalog == "duckdb") {
    out.path = "ducklake:" + absolute_path(location.path);
  } else {
    out.path = "ducklake:postgres:" + conninfo(location);
    out.extensions.emplace_back("postgres");
  }
  const std::string schema = location.parameter("metadata_schema", "");
  if (!schema.empty()) out.options.emplace_back("METADATA_SCHEMA", quote_literal(schema));
  const std::string given = location.parameter("data_path", "");
  const bool moved = !given.empty() && ducklake::as_folder(absolute_path(given)) !=
                                           ducklake::as_folder(absolute_path(data_path));
  const std::string where = moved ? ducklake::as_folder(absolute_path(given)) : data_path;
  if (!where.empty()) out.options.emplace_back("DATA_PATH", quote_literal(where));
  if (moved) out.options.emplace_back("OVERRIDE_DATA_PATH", "true");
  return out;
}

Result<ToolSettings> settings_for(const std::string& tool, const Attachable& place,
                                  const Location& location) {
  if (tool == "grafana") return grafana(place);
  if (tool == "dbt") return dbt(place);
  if (tool == "superset") {
    for (const auto& [name, value] : place.options) {
      if (name != "OVERRIDE_DATA_PATH" && name != "METADATA_SCHEMA") continue;
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("Superset opens a lake by its catalog alone, and {} needs {} "
                                    "beside it",
                                    location.display(), name))
                      .about(location.display())
                      .advise(name == "METADATA_SCHEMA"
                                  ? "keep the catalog in the schema public"
                                  : "`sluice backup restore` makes a lake whose catalog knows its "
                                    "new place"));
    }
    return superset(place);
  }
  return fail(
      Error(ErrorKind::kInvalid, fmt::format("connect does not know \"{}\"", tool))
          .about(tool)
          .advise("it knows grafana, superset and dbt; for iceberg: locations trino, superset, dbt "
                  "and spark; for postgres:// and duckdb: trino"));
}

}  // namespace sluice
