// connect.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "endpoint/ducklake/open_catalog.h"
#include "operations/connect_check.h"
#include "operations/open_endpoint.h"
#include "operations/open_lake.h"
#include "operations/session.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// As the catalog has it: what DuckDB compares DATA_PATH with.
Result<std::string> stored_data_path(const Location& location, Engine& engine) {
  TRY_ASSIGN(const auto database,
             ducklake::open_lake(location, engine, {false, engine.cancel_token()}));
  if (database == nullptr) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("there is no lake in {}", location.display()))
            .about(location.display())
            .advise("`sluice migrate` and `sluice ingest` make lakes"));
  }
  TRY(database->begin_read());
  auto found = DuckLakeCatalog(*database, "").data_path();
  database->end();
  return found;
}

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

// For the time of the check: libpq takes it from the environment, as that of the program will.
class PasswordInEnvironment {
 public:
  explicit PasswordInEnvironment(const Location& location) {
    if (location.password.empty() || std::getenv("PGPASSWORD") != nullptr) return;
    is_set_ = ::setenv("PGPASSWORD", location.password.reveal().c_str(), 1) == 0;
  }
  PasswordInEnvironment(const PasswordInEnvironment&) = delete;
  PasswordInEnvironment& operator=(const PasswordInEnvironment&) = delete;
  ~PasswordInEnvironment() {
    if (is_set_) ::unsetenv("PGPASSWORD");
  }

 private:
  bool is_set_ = false;
};

}  // namespace

Result<ConnectReport> Sluice::connect(const ConnectOptions& options) {
  TRY_ASSIGN(const Place place, impl_->place(options.location));
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
