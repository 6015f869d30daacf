#include "operations/query_error.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

#include "base/text.h"
#include "config/nearest.h"

namespace sluice {
namespace {

constexpr const char* kOneSelect =
    "query takes one SELECT over the tables that `sluice inspect` shows";

// FROM t AT (VERSION => 2), FROM t AT (TIMESTAMP => ...)
bool travels_in_time(const std::string& sql) {
  static const std::regex kPattern(R"(\bat\s*\(\s*(version|timestamp)\s*=>)",
                                   std::regex::icase | std::regex::optimize);
  return std::regex_search(sql, kPattern);
}

// ducklake_snapshots('lake') and the like.
bool calls_the_extension(const std::string& sql) {
  static const std::regex kPattern(R"(\bducklake_\w+\s*\()",
                                   std::regex::icase | std::regex::optimize);
  return std::regex_search(sql, kPattern);
}

// The table that the engine misses, by its error in parts; "" where it is another error.
std::string missing_table(EngineConnection& connection, const std::string& query) {
  if (!connection.execute("SET errors_as_json = true")) return "";
  const auto described = connection.describe(query);
  (void)connection.execute("SET errors_as_json = false");
  if (described) return "";
  const std::string& text = described.error().message;
  const std::size_t begin = text.find('{');
  if (begin == std::string::npos) return "";
  const auto parts = nlohmann::json::parse(text.substr(begin), nullptr, false);
  if (!parts.is_object() || parts.value("error_subtype", "") != "MISSING_ENTRY" ||
      parts.value("type", "") != "Table") {
    return "";
  }
  return parts.value("name", "");
}

std::string nearest_table(const std::string& name, const std::vector<TableName>& tables) {
  std::vector<std::string> names;
  for (const TableName& table : tables) names.push_back(table.name);
  const std::string nearest = nearest_name(name, names);
  for (const TableName& table : tables) {
    if (!nearest.empty() && table.name == nearest) return table.display();
  }
  return "";
}

}  // namespace

Error query_error(EngineConnection& connection, const std::string& query, const std::string& sql,
                  const Location& location, const std::vector<TableName>& tables, Error found) {
  if (found.kind == ErrorKind::kCorrupt) return found;
  Error error(ErrorKind::kInvalid, std::move(found.message));
  error.object = location.display();
  error.hint = kOneSelect;
  const bool has_snapshots =
      location.kind == "ducklake" || location.kind == "delta" || location.kind == "iceberg";
  const std::string as_typed = shell_word(location.display());
  if (travels_in_time(sql)) {
    error.message = "query reads one moment of a location, and AT (...) in SQL is not known to it";
    error.hint = has_snapshots
                     ? fmt::format(
                           "give the moment to the command: sluice query {} --at "
                           "SNAPSHOT|TIME SQL\n`sluice lake snapshots {}` lists them",
                           as_typed, as_typed)
                     : fmt::format("a location of kind {} has no older moments", location.kind);
    return error;
  }
  const std::string missing = missing_table(connection, query);
  const bool is_of_catalog = to_lower(missing).starts_with("ducklake_");
  if (has_snapshots && (is_of_catalog || calls_the_extension(sql))) {
    error.message = is_of_catalog ? fmt::format(
                                        "\"{}\" is no table of {}: query does not show the "
                                        "tables of a catalog",
                                        missing, location.display())
                                  : "query has no functions of DuckDB's ducklake extension";
    error.hint = fmt::format(
        "`sluice lake snapshots {0}` lists the snapshots, `sluice lake files {0}` the files, "
        "`sluice lake diff {0}` what changed; --at reads an older moment",
        as_typed);
    return error;
  }
  if (missing.empty()) return error;
  error.message = fmt::format("there is no table \"{}\" in {}", missing, location.display());
  const std::string nearest = nearest_table(missing, tables);
  if (!nearest.empty()) error.hint = fmt::format("did you mean \"{}\"? {}", nearest, kOneSelect);
  return error;
}

}  // namespace sluice
