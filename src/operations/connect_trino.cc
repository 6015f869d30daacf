#include "operations/connect_trino.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kUrlDefault = "http://localhost:8080";
constexpr const char* kSparkRuntime =
    "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0,org.apache.iceberg:"
    "iceberg-aws-bundle:1.12.0";

std::string absolute_path(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

std::string jdbc_url(const Location& location) {
  if (location.catalog == "sqlite") return "jdbc:sqlite:" + absolute_path(location.path);
  const int port = location.port == 0 ? 5432 : location.port;
  return fmt::format("jdbc:postgresql://{}:{}/{}",
                     location.host.empty() ? "localhost" : location.host, port, location.database);
}

std::string warehouse_of(const Location& location) {
  const std::string typed = location.parameter("warehouse", "");
  if (typed.empty() || location.catalog == "rest" || typed.find(":/") != std::string::npos) {
    return typed;
  }
  return "file://" + absolute_path(typed);
}

std::string text_of(const Lines& lines, std::string_view separator) {
  std::string out;
  for (const auto& [name, value] : lines) {
    if (!value.empty()) out += fmt::format("{}{}{}\n", name, separator, value);
  }
  if (!out.empty()) out.pop_back();
  return out;
}

bool is_path_style(const S3Settings& s3) {
  return s3.url_style == S3UrlStyle::kPath ||
         (s3.url_style == S3UrlStyle::kAuto && !s3.endpoint.empty());
}

void add_trino_files(const TrinoPlace& place, Lines& lines) {
  if (place.on_this_machine) {
    lines.insert(lines.end(), {{"fs.native-local.enabled", "true"}, {"local.location", "/"}});
  }
  if (!place.on_s3) return;
  lines.insert(lines.end(), {{"fs.native-s3.enabled", "true"},
                             {"s3.endpoint", place.s3.endpoint},
                             {"s3.region", place.s3.region},
                             {"s3.path-style-access", is_path_style(place.s3) ? "true" : ""},
                             {"s3.aws-access-key", "${ENV:AWS_ACCESS_KEY_ID}"},
                             {"s3.aws-secret-key", "${ENV:AWS_SECRET_ACCESS_KEY}"}});
}

Lines trino_iceberg(const TrinoPlace& place) {
  const Location& at = place.location;
  Lines lines = {{"connector.name", "iceberg"}};
  if (at.catalog == "rest") {
    lines.insert(lines.end(), {{"iceberg.catalog.type", "rest"},
                               {"iceberg.rest-catalog.uri", at.path},
                               {"iceberg.rest-catalog.warehouse", warehouse_of(at)}});
    if (!place.login.token.empty() || !place.login.credential.empty()) {
      const bool is_token = !place.login.token.empty();
      lines.emplace_back("iceberg.rest-catalog.security", "OAUTH2");
      lines.emplace_back(
          fmt::format("iceberg.rest-catalog.oauth2.{}", is_token ? "token" : "credential"),
          is_token ? "${ENV:SLUICE_ICEBERG_TOKEN}" : "${ENV:SLUICE_ICEBERG_CREDENTIAL}");
      if (!is_token) {
        lines.emplace_back("iceberg.rest-catalog.oauth2.scope", place.login.scope);
        lines.emplace_back("iceberg.rest-catalog.oauth2.server-uri", place.login.oauth2_server_uri);
      }
    }
  } else {
    lines.insert(lines.end(),
                 {{"iceberg.catalog.type", "jdbc"},
                  {"iceberg.jdbc-catalog.driver-class", "org.postgresql.Driver"},
                  {"iceberg.jdbc-catalog.connection-url", jdbc_url(at)},
                  {"iceberg.jdbc-catalog.connection-user", at.user},
                  {"iceberg.jdbc-catalog.connection-password", "${ENV:PGPASSWORD}"},
                  {"iceberg.jdbc-catalog.schema-version", "V1"},
                  {"iceberg.jdbc-catalog.catalog-name", at.parameter("catalog", "sluice")},
                  {"iceberg.jdbc-catalog.default-warehouse-dir", warehouse_of(at)}});
  }
  add_trino_files(place, lines);
  return lines;
}

Lines trino_other(const Location& at) {
  if (at.kind == "duckdb") {
    return {{"connector.name", "duckdb"},
            {"connection-url", "jdbc:duckdb:" + absolute_path(at.path)}};
  }
  return {{"connector.name", "postgresql"},
          {"connection-url", jdbc_url(at)},
          {"connection-user", at.user},
          {"connection-password", "${ENV:PGPASSWORD}"}};
}

Result<ToolSettings> trino(const TrinoPlace& place) {
  const Location& at = place.location;
  if (at.catalog == "sqlite") {
    return fail(
        Error(ErrorKind::kUnsupported,
              fmt::format("Trino has no driver for the SQLite that keeps the catalog of {}",
                          at.display()))
            .about(at.display())
            .advise("keep the catalog in PostgreSQL (iceberg:postgres://...) or behind REST "
                    "for Trino; spark, PyIceberg and DuckDB read this one"));
  }
  ToolSettings out;
  const Lines lines = at.kind == "iceberg" ? trino_iceberg(place) : trino_other(at);
  out.settings = {{fmt::format("etc/catalog/{}.properties", place.catalog), text_of(lines, "=")}};
  std::vector<std::string> variables;
  for (const auto& [name, value] : lines) {
    if (value.starts_with("${ENV:")) variables.push_back(value.substr(6, value.size() - 7));
  }
  if (!variables.empty()) {
    out.notes.push_back(
        fmt::format("no secret stands in this file: set {} in the environment of Trino's service",
                    join(variables, ", ")));
  }
  return out;
}

// http://HOST:PORT taken apart.
struct TrinoUrl {
  std::string host;
  std::string port;
  bool tls = false;
};

TrinoUrl parts_of(const std::string& url) {
  TrinoUrl out;
  out.tls = url.starts_with("https://");
  std::string rest = url.substr(url.find("//") + 2);
  rest = rest.substr(0, rest.find('/'));
  const std::size_t colon = rest.rfind(':');
  out.host = rest.substr(0, colon);
  out.port = colon == std::string::npos ? (out.tls ? "443" : "80") : rest.substr(colon + 1);
  return out;
}

ToolSettings dbt(const TrinoPlace& place) {
  const TrinoUrl url = parts_of(place.url.empty() ? kUrlDefault : place.url);
  ToolSettings out;
  out.settings = {{"profiles.yml",
                   fmt::format("sluice:\n  target: lake\n  outputs:\n    lake:\n      type: trino\n"
                               "      method: none\n      user: dbt\n      host: \"{}\"\n"
                               "      port: {}\n      http_scheme: {}\n      database: {}\n"
                               "      schema: marts\n      threads: 4",
                               url.host, url.port, url.tls ? "https" : "http", place.catalog)}};
  out.notes.emplace_back(
      "dbt needs the Python package dbt-trino; schema is where it builds models");
  return out;
}

ToolSettings superset(const TrinoPlace& place) {
  const TrinoUrl url = parts_of(place.url.empty() ? kUrlDefault : place.url);
  ToolSettings out;
  out.settings = {{"SQLAlchemy URI",
                   fmt::format("trino://superset@{}:{}/{}", url.host, url.port, place.catalog)}};
  out.notes.emplace_back("Superset needs the Python package trino");
  return out;
}

// Spark's name of a catalog in SQL is the name of its rows.
ToolSettings spark(const TrinoPlace& place) {
  const Location& at = place.location;
  const bool is_rest = at.catalog == "rest";
  const std::string name =
      "spark.sql.catalog." + (is_rest ? place.catalog : at.parameter("catalog", "sluice"));
  Lines lines = {
      {"spark.jars.packages", kSparkRuntime},
      {"spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"},
      {name, "org.apache.iceberg.spark.SparkCatalog"},
      {name + ".type", is_rest ? "rest" : "jdbc"},
      {name + ".uri", is_rest ? at.path : jdbc_url(at)},
      {name + ".warehouse", warehouse_of(at)}};
  if (!is_rest) {
    const bool is_sqlite = at.catalog == "sqlite";
    lines[0].second +=
        is_sqlite ? ",org.xerial:sqlite-jdbc:3.50.3.0" : ",org.postgresql:postgresql:42.7.7";
    lines.emplace_back(name + ".jdbc.schema-version", "V1");
    lines.emplace_back(name + ".jdbc.user", at.user);
  }
  if (place.on_s3) {
    lines.emplace_back(name + ".io-impl", "org.apache.iceberg.aws.s3.S3FileIO");
    lines.emplace_back(name + ".s3.endpoint", place.s3.endpoint);
    lines.emplace_back(name + ".s3.path-style-access", is_path_style(place.s3) ? "true" : "");
    lines.emplace_back(name + ".client.region", place.s3.region);
  }
  ToolSettings out;
  out.settings = {{"conf/spark-defaults.conf", text_of(lines, " ")}};
  if (at.catalog == "postgres") {
    out.notes.push_back(
        fmt::format("no password stands in these settings: start Spark with "
                    "--conf {}.jdbc.password=\"$PGPASSWORD\"",
                    name));
  }
  if (is_rest && (!place.login.token.empty() || !place.login.credential.empty())) {
    const bool is_token = !place.login.token.empty();
    out.notes.push_back(
        fmt::format("no secret stands in these settings: start Spark with --conf {}.{}=\"${}\"",
                    name, is_token ? "token" : "credential",
                    is_token ? "SLUICE_ICEBERG_TOKEN" : "SLUICE_ICEBERG_CREDENTIAL"));
  }
  if (place.on_s3) {
    out.notes.emplace_back(
        "Spark takes AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from its environment");
  }
  return out;
}

Status check_name(const std::string& catalog) {
  const bool fits = !catalog.empty() && std::all_of(catalog.begin(), catalog.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (fits) return {};
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("\"{}\" cannot be the name of a catalog of Trino", catalog))
                  .about(catalog)
                  .advise("--catalog takes small letters, digits and _"));
}

}  // namespace

bool is_through_trino(const std::string& tool, const Location& location) {
  if (location.kind == "iceberg") return true;
  return tool == "trino" && (location.kind == "postgres" || location.kind == "duckdb");
}

Result<ToolSettings> trino_settings_for(const std::string& tool, const TrinoPlace& place) {
  TRY(check_name(place.catalog));
  if (tool == "trino") return trino(place);
  if (tool == "dbt" || tool == "superset") {
    // What Trino cannot read they cannot read either.
    TRY(trino(place));
    return tool == "dbt" ? dbt(place) : superset(place);
  }
  if (tool == "spark") return spark(place);
  return fail(Error(ErrorKind::kInvalid, fmt::format("connect does not know \"{}\" for {}", tool,
                                                     place.location.display()))
                  .about(tool)
                  .advise("for Iceberg it knows trino, superset, dbt and spark"));
}

}  // namespace sluice
