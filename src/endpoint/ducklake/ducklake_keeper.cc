#include "endpoint/ducklake/ducklake_keeper.h"

#include <fmt/format.h>

#include "endpoint/ducklake/compact.h"
#include "endpoint/ducklake/expire.h"
#include "endpoint/ducklake/freeze.h"
#include "endpoint/ducklake/moved_catalogs.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/ducklake/repair.h"

namespace sluice {
namespace {

class DuckLakeKeeper final : public LakeKeeper {
 public:
  DuckLakeKeeper(Location location, Engine& engine, bool for_writing)
      : location_(std::move(location)), engine_(engine), for_writing_(for_writing) {}

  Result<LakeCompactFacts> compact(const LakeCompaction& wanted,
                                   const LakeProgress& progress) override {
    TRY_ASSIGN(auto database, open());
    TRY_ASSIGN(const std::string path, data_path_of(*database));
    TRY(ducklake::check_not_moved(path, location_));
    return ducklake::compact_lake(location_, std::move(database), wanted, engine_, progress);
  }

  Result<LakeExpireFacts> expire(const LakeExpiry& wanted) override {
    TRY_ASSIGN(const auto database, open());
    TRY_ASSIGN(const std::string path, data_path_of(*database));
    TRY(ducklake::check_not_moved(path, location_));
    return ducklake::expire_lake(*database, path, wanted, engine_);
  }

  Result<LakeFreezeFacts> freeze(const std::string& file, const std::string& data_path) override {
    TRY_ASSIGN(const auto database, open());
    TRY_ASSIGN(const std::string path, data_path_of(*database));
    return ducklake::freeze_lake(*database, file, data_path.empty() ? path : data_path, engine_);
  }

  Result<LakeRepairFacts> repair(const LakeRepair& wanted, const LakeProgress& progress) override {
    TRY_ASSIGN(const auto database, open());
    TRY_ASSIGN(const std::string path, data_path_of(*database));
    TRY(ducklake::check_not_moved(path, location_));
    return ducklake::repair_lake(location_, *database, path, wanted, engine_, progress);
  }

 private:
  Result<std::string> data_path_of(CatalogDatabase& database) {
    TRY_ASSIGN(std::string path, ducklake::known_data_path(database, location_));
    TRY(ducklake::check_data_path_of_files(database, path));
    return path;
  }

  Result<std::unique_ptr<CatalogDatabase>> open() {
    TRY_ASSIGN(auto database,
               ducklake::open_lake(location_, engine_, {for_writing_, engine_.cancel_token()}));
    if (database != nullptr) return database;
    return fail(Error(ErrorKind::kNotFound, fmt::format("there is no lake in {}: no table "
                                                        "ducklake_snapshot",
                                                        location_.display()))
                    .about(location_.display())
                    .advise("check the path or the server behind ducklake:"));
  }

  Location location_;
  Engine& engine_;
  bool for_writing_;
};

}  // namespace

Result<std::unique_ptr<LakeKeeper>> keep_ducklake(const Location& location, Engine& engine,
                                                  bool for_writing) {
  TRY_ASSIGN(const LakeMoment moment, ducklake::moment_of(location));
  if (moment.snapshot || !moment.time.empty()) {
    return fail(Error(ErrorKind::kInvalid, "a lake is written at its newest snapshot only")
                    .about(location.display())
                    .advise("leave snapshot= and at= away"));
  }
  return std::make_unique<DuckLakeKeeper>(location, engine, for_writing);
}

}  // namespace sluice
