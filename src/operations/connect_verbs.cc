// connect.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "endpoint/ducklake/open_catalog.h"
#include "operations/ask_trino.h"
#include "operations/connect_check.h"
#include "operations/connect_trino.h"
#include "operations/iceberg_of_location.h"
#include "operations/open_endpoint.h"
#include "operations/open_lake.h"
#include "operations/password_in_environment.h"
#include "operations/session.h"
#include "operations/stored_data_path.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// Looks at the catalog's file before this process opens it, which would make the side files of a
// SQLite database that a reader may have to make. One that is not there is not looked at.
Status check_catalog_as_it_is(const Location& location, const SystemUser& user) {
  std::error_code code;
  if (location.kind != "ducklake" || !fs::exists(location.path, code)) return {};
  ReadableSet set;
  add_catalog(set, fs::absolute(location.path).lexically_normal(), location.catalog == "sqlite");
  return check_readable(user, set);
}

// Every file that somebody who reads the lake's newest snapshot opens.
Result<ReadableSet> readable_set(const Location& location, Engine& engine) {
  ReadableSet set;
  const std::string path = fs::absolute(location.path).lexically_normal().string();
  if (location.kind == "duckdb") {
    add_catalog(set, path, false);
    return set;
  }
  if (!location.path.empty()) add_catalog(set, path, location.catalog == "sqlite");
  TRY_ASSIGN(const auto inspector, open_lake(location, engine));
  TRY_ASSIGN(const LakeFilesFacts files, inspector->files({}));
  for (const LakeTableFacts& table : files.tables) {
    for (const LakeFileFacts& file : table.files) {
      set.files.push_back(fs::absolute(file.path).lexically_normal());
    }
  }
  return set;
}

// Whether every file of a lake is there and whole. What only sluice does not read is no obstacle.
Status check_files(ReadSession& session) {
  TRY_ASSIGN(const Inventory inventory, session.inspect());
  for (const Table& table : inventory.tables) {
    const auto relation = session.relation(table, nullptr, ReadPath::kFast);
    if (relation) continue;
    const ErrorKind kind = relation.error().kind;
    if (kind == ErrorKind::kCorrupt || kind == ErrorKind::kNotFound) return fail(relation.error());
  }
  return {};
}

// Where the tables of a catalog are, by its warehouse or else by a table of it.
Status look_at_tables(const Location& location, IcebergCatalogOptions& options, TrinoPlace& place,
                      std::uint64_t& tables) {
  TRY_ASSIGN(const auto catalog, open_iceberg_catalog(location, options));
  TRY_ASSIGN(const auto spaces, catalog->namespaces());
  std::string files = location.parameter("warehouse", "");
  bool is_known = location.catalog != "rest" && !files.empty();
  for (const std::string& space : spaces) {
    TRY_ASSIGN(const auto names, catalog->tables(space));
    tables += names.size();
    if (is_known || names.empty()) continue;
    TRY_ASSIGN(const auto table, catalog->load({space, names.front()}));
    if (!table) continue;
    files = table->metadata.location;
    if (!table->s3_is_lent) place.s3 = table->s3;
    is_known = true;
  }
  place.on_s3 = files.starts_with("s3");
  place.on_this_machine = is_known && !place.on_s3;
  return {};
}

// An Iceberg catalog, or what Trino reads by a connector of its own: of that the tables are counted
// already.
Result<ConnectReport> connect_through_trino(const ConnectOptions& options, const Place& place,
                                            const Config& config, const CancelToken* cancel) {
  if (!options.user.empty()) {
    return fail(Error(ErrorKind::kUnsupported,
                      "--user is for files that a program of this machine opens by itself")
                    .about(options.user)
                    .advise("leave --user away"));
  }
  TrinoPlace known;
  known.location = place.location;
  known.url = options.url;
  known.catalog = options.catalog;
  ConnectReport report;
  report.tool = options.tool;
  report.location = place.location.display();
  report.checked_by = "sluice opened it";
  if (place.location.kind == "iceberg") {
    TRY_ASSIGN(IcebergCatalogOptions catalog, iceberg_options_of(place.location, config));
    catalog.cancel = cancel;
    known.s3 = catalog.s3;
    known.login = catalog.login;
    TRY(look_at_tables(place.location, catalog, known, report.tables));
  }
  TRY_ASSIGN(ToolSettings settings, trino_settings_for(options.tool, known));
  report.settings = std::move(settings.settings);
  report.notes = std::move(settings.notes);
  if (options.url.empty()) return report;
  TRY_ASSIGN(const TrinoAnswer answer, ask_trino(options.url, options.catalog, cancel));
  report.checked_by = fmt::format("Trino {} at {} answered", answer.version, options.url);
  report.tables = answer.tables;
  return report;
}

}  // namespace

Result<ConnectReport> Sluice::connect(const ConnectOptions& options) {
  TRY_ASSIGN(const Place place, impl_->place(options.location));
  if (is_through_trino(options.tool, place.location)) {
    TRY_ASSIGN(const Config* const config, impl_->config());
    std::uint64_t tables = 0;
    if (place.location.kind != "iceberg") {
      TRY_ASSIGN(Engine* const engine, impl_->engine());
      TRY_ASSIGN(tables, count_tables(place.location, *engine));
    }
    TRY_ASSIGN(ConnectReport report,
               connect_through_trino(options, place, *config, impl_->settings.cancel));
    report.tables += options.url.empty() ? tables : 0;
    return report;
  }
  std::optional<SystemUser> user;
  if (!options.user.empty()) {
    TRY_ASSIGN(user, find_user(options.user));
    TRY(check_catalog_as_it_is(place.location, *user));
  }
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  std::string data_path;
  if (place.location.kind == "ducklake") {
    TRY_ASSIGN(data_path, stored_data_path(place.location, *engine));
  }
  if (place.location.kind == "ducklake" || place.location.kind == "duckdb") {
    // What is wrong with the place itself is said in our words.
    TRY_ASSIGN(const auto endpoint, open_endpoint(place.location, *engine, false));
    TRY_ASSIGN(const auto session, endpoint->read());
    if (place.location.kind == "ducklake") TRY(check_files(*session));
  }
  TRY_ASSIGN(const Attachable attachable, attachable_of(place.location, data_path));
  TRY_ASSIGN(const ToolSettings settings, settings_for(options.tool, attachable, place.location));
  ConnectReport report;
  report.tool = options.tool;
  report.location = place.location.display();
  report.settings = settings.settings;
  report.checked_sql = settings.statements;
  report.notes = settings.notes;
  if (user) {
    TRY_ASSIGN(const ReadableSet set, readable_set(place.location, *engine));
    TRY(check_readable(*user, set));
  }
  const PasswordInEnvironment password(place.location);
  TRY_ASSIGN(report.tables, attach_as_told(attachable, settings.statements));
  if (user) {
    TRY(attach_as_user(attachable, settings.statements, *user));
    report.user = user->name;
  }
  return report;
}

}  // namespace sluice
