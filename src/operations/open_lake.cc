#include "operations/open_lake.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "endpoint/delta/delta_inspector.h"
#include "endpoint/delta/delta_keeper.h"
#include "endpoint/ducklake/ducklake_inspector.h"
#include "endpoint/ducklake/ducklake_keeper.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/iceberg/iceberg_inspector.h"
#include "endpoint/iceberg/iceberg_keeper.h"
#include "migrate/ticker.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// Whether a SQLite file is a lake's catalog, as which it was not typed.
bool is_catalog_in_sqlite(const Location& location) {
  if (location.kind != "sqlite") return false;
  const auto database = open_sqlite_catalog(location.path, {false, nullptr});
  return database && (*database)->has_table("ducklake_snapshot").value_or(false);
}

std::unexpected<Error> no_lake(const Location& location) {
  std::error_code code;
  const std::string& path = location.path;
  if (!path.empty() && !fs::exists(path, code)) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("\"{}\" is not there", path))
                    .about(path)
                    .advise("check the path; a lake is named by the database that keeps its "
                            "catalog, as ducklake:sqlite:PATH"));
  }
  const std::string as_lake = shell_word("ducklake:" + location.kind + ":" + path);
  if (is_catalog_in_sqlite(location)) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("\"{}\" was named as a {} file, and is a lake's catalog", path,
                                  location.kind))
                    .about(location.display())
                    .advise("type " + as_lake));
  }
  std::string hint =
      "lakes are delta:DIR, ducklake:sqlite:PATH, ducklake:duckdb:PATH, ducklake:postgres://..., "
      "iceberg:DIR, iceberg:sqlite:PATH and iceberg:postgres://...";
  if (location.kind == "duckdb") hint = "where it keeps a lake's catalog type " + as_lake;
  return fail(Error(ErrorKind::kUnsupported, fmt::format("{} is of kind {}, which has no snapshots",
                                                         location.display(), location.kind))
                  .about(location.display())
                  .advise(hint));
}

}  // namespace

Result<std::unique_ptr<LakeInspector>> open_lake(const Location& location, Engine& engine) {
  if (location.kind == "ducklake") return inspect_ducklake(location, engine);
  if (location.kind == "delta") return inspect_delta(location, engine);
  if (location.kind == "iceberg") return inspect_iceberg(location, engine);
  return no_lake(location);
}

Result<std::unique_ptr<LakeKeeper>> keep_lake(const Location& location, Engine& engine,
                                              bool for_writing) {
  if (location.kind == "ducklake") return keep_ducklake(location, engine, for_writing);
  if (location.kind == "delta") return keep_delta(location, engine);
  if (location.kind == "iceberg") return keep_iceberg(location, engine, for_writing);
  return no_lake(location);
}

LakeProgress progress_of(Ticker& ticker) {
  return {[&ticker](const std::string& phase, std::uint64_t rows) { ticker.phase(phase, rows); },
          &ticker.rows()};
}

Status check_one_moment(const Location& location, const std::string& at) {
  const std::string snapshot = location.parameter("snapshot", "");
  const std::string own = snapshot.empty() ? location.parameter("at", "") : snapshot;
  if (at.empty() || own.empty() || own == at) return {};
  return fail(
      Error(ErrorKind::kInvalid,
            fmt::format("the location says {}, --at says {}: one moment can be read", own, at))
          .about(location.display())
          .advise("leave one of them away"));
}

Result<Location> at_moment(Location location, const std::string& at) {
  if (at.empty()) return location;
  const bool is_lake =
      location.kind == "ducklake" || location.kind == "delta" || location.kind == "iceberg";
  if (!is_lake) return no_lake(location);
  const bool is_number = at.find_first_not_of("0123456789") == std::string::npos;
  location.parameters.erase("at");
  location.parameters.erase("snapshot");
  location.parameters[is_number ? "snapshot" : "at"] = at;
  return location;
}

}  // namespace sluice
