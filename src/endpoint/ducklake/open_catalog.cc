#include "endpoint/ducklake/open_catalog.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/access_advice.h"
#include "base/file.h"
#include "base/files.h"
#include "base/text.h"
#include "endpoint/reach_files.h"
#include "format/ducklake/lake_path.h"
#include "lake_catalog/ducklake_catalog.h"
#include "model/s3_place.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

// What of the location the catalog's own server is told.
Location server_of(const Location& location) {
  static constexpr std::array<std::string_view, 4> kOfTheLake = {"data_path", "snapshot", "at",
                                                                 "metadata_schema"};
  Location server = location;
  server.kind = location.catalog;
  server.catalog.clear();
  for (const std::string_view name : kOfTheLake) server.parameters.erase(std::string(name));
  const std::string files = location.parameter("data_path", "");
  if (!files.empty() && !is_remote_path(files)) return server;
  for (const std::string_view name : kS3Parameters) server.parameters.erase(std::string(name));
  return server;
}

std::optional<Id> snapshot_number(const std::string& text) {
  Id number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

Result<std::unique_ptr<CatalogDatabase>> open_catalog(const Location& location, Engine& engine,
                                                      const CatalogOptions& options) {
  if (location.catalog == "duckdb") {
    return open_duckdb_catalog(whole_path(location.path), engine, options);
  }
  if (location.catalog == "sqlite") {
    return open_sqlite_catalog(whole_path(location.path), options);
  }
  if (location.catalog == "postgres") {
    return open_postgres_catalog(
        server_of(location), location.parameter("metadata_schema", "public"), location.display());
  }
  return fail(Error(ErrorKind::kUnsupported,
                    location.catalog.empty()
                        ? "the location does not say of which kind the lake's catalog is"
                        : fmt::format("a catalog of kind \"{}\" is not known", location.catalog))
                  .about(location.display())
                  .advise("catalogs are ducklake:sqlite:PATH, ducklake:duckdb:PATH and "
                          "ducklake:postgres://..."));
}

namespace {

// Opens the way to a lake's files, wherever its catalog or the location says they are.
Status reach_lake(CatalogDatabase& database, const Location& location, Engine& engine) {
  const std::string given = location.parameter("data_path", "");
  if (!given.empty()) TRY(reach_files(given, location, engine));
  if (!given.empty() && !is_remote_path(given)) return {};
  TRY(database.begin_read());
  const auto known = DuckLakeCatalog(database, "").data_path();
  database.end();
  return known ? reach_files(*known, location, engine) : Status();
}

}  // namespace

Result<std::unique_ptr<CatalogDatabase>> open_lake(const Location& location, Engine& engine,
                                                   const CatalogOptions& options) {
  std::error_code code;
  const bool is_file = !location.path.empty();
  if (is_file) TRY(check_can_read(location.path, "read the catalog"));
  const bool is_there =
      !is_file || (fs::exists(location.path, code) && fs::file_size(location.path, code) > 0);
  if (!is_there) return std::unique_ptr<CatalogDatabase>();
  TRY_ASSIGN(auto database, open_catalog(location, engine, options));
  TRY_ASSIGN(const bool is_lake, database->has_table("ducklake_snapshot"));
  if (is_lake) {
    TRY(reach_lake(*database, location, engine));
    return database;
  }
  if (!is_file) return std::unique_ptr<CatalogDatabase>();
  if (location.catalog == "sqlite") {
    // Somebody may be about to make the lake: the file is there before its tables are.
    TRY_ASSIGN(const auto tables, database->query("SELECT name FROM sqlite_schema LIMIT 1"));
    if (tables.empty()) return std::unique_ptr<CatalogDatabase>();
    TRY_ASSIGN(const bool is_made, database->has_table("ducklake_snapshot"));
    if (is_made) {
      TRY(reach_lake(*database, location, engine));
      return database;
    }
  }
  return fail(Error(ErrorKind::kExists, fmt::format("{} holds no lake, but is a {} database",
                                                    location.path, location.catalog))
                  .about(location.path)
                  .advise("give the lake's catalog a file of its own"));
}

Result<std::string> new_data_path(const Location& location, Engine& engine) {
  const std::string given = location.parameter("data_path", "");
  TRY(reach_files(given, location, engine));
  if (!given.empty()) return as_folder(whole_path(given));
  if (!location.path.empty()) return as_folder(whole_path(location.path) + ".files");
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("{} holds no lake, and a new one needs a folder for its files",
                                location.display()))
                  .about(location.display())
                  .advise("add data_path=DIR to the location"));
}

Result<std::string> known_data_path(CatalogDatabase& database, const Location& location) {
  TRY(database.begin_read());
  const auto found = DuckLakeCatalog(database, "").data_path();
  database.end();
  TRY_ASSIGN(const std::string known, found);
  const std::string given = location.parameter("data_path", "");
  if (given.empty() || as_folder(whole_path(given)) == as_folder(whole_path(known))) {
    return as_folder(whole_path(known));
  }
  std::error_code code;
  const bool moved = !is_remote_path(known) && !fs::exists(known, code) && fs::exists(given, code);
  const std::string hint =
      moved ? fmt::format(
                  "the folder was moved: a run that writes needs it where the catalog says; "
                  "move it back, or ln -s {} {}",
                  shell_word(whole_path(given)),
                  shell_word(fs::path(as_folder(whole_path(known))).parent_path().string()))
            : "leave data_path away: the catalog knows it";
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("the lake's files are in \"{}\" by its catalog, not in \"{}\"",
                                known, given))
                  .about(location.display())
                  .advise(hint));
}

Status check_data_path(const std::string& data_path, const std::string& lake) {
  if (is_remote_path(data_path)) return {};
  const std::string folder = as_folder(whole_path(data_path));
  if (::access(folder.c_str(), X_OK) == 0) return {};
  const int error = errno;
  if (error != ENOENT && error != ENOTDIR) {
    return fail(
        with_access_advice(errno_error(error, "enter the folder of the lake's files", folder)));
  }
  return fail(Error(ErrorKind::kNotFound,
                    fmt::format("the files of the lake {} are not in \"{}\": there is no such "
                                "folder",
                                lake, folder))
                  .about(folder)
                  .advise("where the folder was moved, add data_path=DIR to the location, with the "
                          "folder where it is now; `sluice lake fsck` names each file"));
}

Status check_data_path_of_files(CatalogDatabase& database, const std::string& data_path) {
  TRY(database.begin_read());
  const auto found = database.query(fmt::format("SELECT 1 FROM {} WHERE {} LIMIT 1",
                                                database.table("ducklake_data_file"),
                                                "end_snapshot IS NULL AND path_is_relative"));
  database.end();
  if (!found) return fail(found.error());
  return found->empty() ? Status() : check_data_path(data_path, database.display());
}

Result<LakeMoment> moment_of(const Location& location) {
  LakeMoment moment;
  const std::string snapshot = location.parameter("snapshot", "");
  moment.time = location.parameter("at", "");
  if (snapshot.empty()) return moment;
  moment.snapshot = snapshot_number(snapshot);
  if (moment.snapshot) return moment;
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("snapshot \"{}\" is not the number of a snapshot", snapshot))
                  .about(location.display())
                  .advise("`sluice lake snapshots` lists them; ?at=TIME takes a time"));
}

LakeMoment moment_of(const std::string& text) {
  LakeMoment moment;
  moment.snapshot = snapshot_number(text);
  if (!moment.snapshot) moment.time = text;
  return moment;
}

}  // namespace sluice::ducklake
