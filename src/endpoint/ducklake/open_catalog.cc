#include "endpoint/ducklake/open_catalog.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

Result<std::unique_ptr<CatalogDatabase>> open_database(const Location& location,
                                                       const CatalogOptions& options) {
  if (location.catalog == "sqlite") {
    return open_sqlite_catalog(fs::absolute(location.path).lexically_normal().string(), options);
  }
  if (location.catalog == "postgres") return open_postgres_catalog(location, options);
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("a catalog of kind \"{}\" is not known", location.catalog))
                  .about(location.display())
                  .advise("catalogs are ducklake:sqlite:PATH and ducklake:postgres://..."));
}

std::optional<Id> snapshot_number(const std::string& text) {
  Id number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

Result<std::unique_ptr<CatalogDatabase>> open_catalog(const Location& location,
                                                      const CatalogOptions& options) {
  TRY_ASSIGN(auto database, open_database(location, options));
  TRY_ASSIGN(const bool is_lake, database->has_table("ducklake_snapshot"));
  if (!is_lake && !options.for_writing) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("{} holds no lake: it has no table ducklake_snapshot",
                                  database->display()))
                    .about(location.display()));
  }
  return database;
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
