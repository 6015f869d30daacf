#include "operations/open_lake.h"

#include <fmt/format.h>

#include "endpoint/delta/delta_inspector.h"
#include "endpoint/ducklake/ducklake_inspector.h"
#include "endpoint/ducklake/ducklake_keeper.h"
#include "migrate/ticker.h"

namespace sluice {
namespace {

std::unexpected<Error> no_lake(const Location& location) {
  return fail(Error(ErrorKind::kUnsupported, fmt::format("{} is of kind {}, which has no snapshots",
                                                         location.display(), location.kind))
                  .about(location.display())
                  .advise("lakes are delta:DIR, ducklake:sqlite:PATH, ducklake:duckdb:PATH and "
                          "ducklake:postgres://..."));
}

}  // namespace

Result<std::unique_ptr<LakeInspector>> open_lake(const Location& location, Engine& engine) {
  if (location.kind == "ducklake") return inspect_ducklake(location, engine);
  if (location.kind == "delta") return inspect_delta(location, engine);
  return no_lake(location);
}

Result<std::unique_ptr<LakeKeeper>> keep_lake(const Location& location, Engine& engine,
                                              bool for_writing) {
  if (location.kind == "ducklake") return keep_ducklake(location, engine, for_writing);
  if (location.kind == "delta") {
    return fail(Error(ErrorKind::kUnsupported,
                      "this release looks at Delta tables and does not change them")
                    .about(location.display()));
  }
  return no_lake(location);
}

LakeProgress progress_of(Ticker& ticker) {
  return {[&ticker](const std::string& phase, std::uint64_t rows) { ticker.phase(phase, rows); },
          &ticker.rows()};
}

Result<Location> at_moment(Location location, const std::string& at) {
  if (at.empty()) return location;
  if (location.kind != "ducklake" && location.kind != "delta") return no_lake(location);
  const bool is_number = at.find_first_not_of("0123456789") == std::string::npos;
  location.parameters.erase("at");
  location.parameters.erase("snapshot");
  location.parameters[is_number ? "snapshot" : "at"] = at;
  return location;
}

}  // namespace sluice
