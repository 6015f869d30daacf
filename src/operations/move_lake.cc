#include "operations/move_lake.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "endpoint/ducklake/ducklake_endpoint.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

bool is_same_folder(const std::string& a, const std::string& b) {
  std::error_code code;
  return fs::weakly_canonical(fs::absolute(a) / "", code) ==
         fs::weakly_canonical(fs::absolute(b) / "", code);
}

// The catalog is staged beside the files, as a database that is worked with.
Status check_can_move(const std::string& files, const Location& target) {
  if (!is_remote_path(files)) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("the catalog of a lake whose files are in \"{}\" is not moved to "
                                "another database",
                                files))
                  .about(target.display())
                  .code("catalog_move")
                  .advise("give the target a data_path of its own: the rows are then copied"));
}

}  // namespace

Result<bool> plan_catalog_move(const Place& source, Place& target, Engine& engine) {
  const bool are_lakes = source.location.kind == "ducklake" && target.location.kind == "ducklake";
  const bool is_newest = source.location.parameter("snapshot", "").empty() &&
                         source.location.parameter("at", "").empty();
  if (!are_lakes || !is_newest) return false;
  const std::string given = target.location.parameter("data_path", "");
  const bool is_server = target.location.path.empty();
  if (given.empty() && !is_server) return false;
  TRY_ASSIGN(const std::string there, lake_data_path(target.location, engine));
  if (!there.empty()) return false;
  TRY_ASSIGN(const std::string files, lake_data_path(source.location, engine));
  if (!given.empty() && !is_same_folder(given, files)) return false;
  TRY(check_can_move(files, target.location));
  if (!given.empty()) return true;
  if (target.ref != target.location.display()) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("{} holds no lake, and a new one needs a folder for its files",
                                  target.ref))
                    .about(target.ref)
                    .advise(fmt::format("add data_path={} to that location: the files stay there, "
                                        "the catalog is moved",
                                        files)));
  }
  target.location.parameters["data_path"] = files;
  target.ref = target.location.display();
  return true;
}

Status check_whole_move(const MigrateOptions& options, const Location& target) {
  const std::string what = !options.selection.tables.empty() || !options.selection.excludes.empty()
                               ? "--table and --exclude choose a part"
                           : !options.renames.empty() ? "--rename changes a name"
                           : !options.maps.empty()    ? "--map changes rows"
                           : !options.partition.empty() || !options.sort.empty()
                               ? "--partition and --sort are for files that are written"
                               : "";
  if (what.empty()) return {};
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("the catalog is moved as a whole and its files stay in {}: {}",
                                target.parameter("data_path", ""), what))
                  .about(target.display())
                  .advise("give the target a data_path of its own: the rows are then copied"));
}

Finding finding_of_move(const Location& source, const Location& target) {
  return {"catalog_moved", source.display(),
          fmt::format("the files stay in {} and both catalogs name them: let nobody write, compact "
                      "or expire by the old one from now on",
                      target.parameter("data_path", ""))};
}

bool is_catalog_move(const std::string& options_json) {
  const nlohmann::json options = nlohmann::json::parse(options_json, nullptr, false);
  return options.is_object() && options.value("moves_catalog", false);
}

}  // namespace sluice
