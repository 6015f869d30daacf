#include "endpoint/iceberg/iceberg_keeper.h"

#include <fmt/format.h>

#include "endpoint/iceberg/catalog_options.h"
#include "endpoint/iceberg/compact.h"
#include "endpoint/iceberg/expire.h"
#include "endpoint/iceberg/open_tables.h"
#include "endpoint/iceberg/repair.h"
#include "endpoint/iceberg/table_state.h"

namespace sluice {
namespace {

class IcebergKeeper final : public LakeKeeper {
 public:
  IcebergKeeper(Location location, std::unique_ptr<IcebergCatalog> catalog,
                std::vector<std::shared_ptr<const IcebergTable>> tables, Engine& engine)
      : location_(std::move(location)),
        catalog_(std::move(catalog)),
        tables_(std::move(tables)),
        engine_(engine) {}

  Result<LakeCompactFacts> compact(const LakeCompaction& wanted,
                                   const LakeProgress& progress) override {
    return iceberg::compact_tables(tables_, wanted, *catalog_, engine_, progress);
  }

  Result<LakeExpireFacts> expire(const LakeExpiry& wanted) override {
    TRY_ASSIGN(const IcebergCatalogOptions options,
               iceberg::catalog_options(location_, engine_, true));
    iceberg::OpenRuns runs(location_, options);
    return iceberg::expire_tables({catalog_.get(), &runs, wanted, engine_.cancel_token()}, tables_);
  }

  Result<LakeFreezeFacts> freeze(const std::string&, const std::string&) override {
    return not_done(
        "Iceberg tables are not frozen: their catalog says no more than where each table's "
        "metadata "
        "is, and that file never changes and is read without a catalog",
        "name a snapshot by a tag and read it with --at TAG, or copy the table's folder and read "
        "it as iceberg:DIR");
  }

  Result<LakeRepairFacts> repair(const LakeRepair& wanted, const LakeProgress& progress) override {
    TRY_ASSIGN(const IcebergCatalogOptions options,
               iceberg::catalog_options(location_, engine_, true));
    iceberg::OpenRuns runs(location_, options);
    return iceberg::repair_tables(tables_, wanted, *catalog_, runs, engine_, progress);
  }

 private:
  std::unexpected<Error> not_done(const std::string& what, const std::string& hint) const {
    return fail(Error(ErrorKind::kUnsupported, what).about(location_.display()).advise(hint));
  }

  Location location_;
  std::unique_ptr<IcebergCatalog> catalog_;
  std::vector<std::shared_ptr<const IcebergTable>> tables_;
  Engine& engine_;
};

}  // namespace

Result<std::unique_ptr<LakeKeeper>> keep_iceberg(const Location& location, Engine& engine,
                                                 bool for_writing) {
  TRY_ASSIGN(const iceberg::Moment moment, iceberg::moment_of(location));
  if (!moment.is_newest()) {
    return fail(Error(ErrorKind::kInvalid, "a table is written at its newest snapshot only")
                    .about(location.display())
                    .advise("leave snapshot= and at= away"));
  }
  if (iceberg::is_tree(location)) {
    return fail(Error(ErrorKind::kUnsupported,
                      "tables in a folder have no catalog by which they "
                      "could be changed")
                    .about(location.display())
                    .advise("name the catalog: iceberg:sqlite:PATH, iceberg:postgres://... or "
                            "iceberg:rest:http://..."));
  }
  TRY_ASSIGN(const IcebergCatalogOptions options,
             iceberg::catalog_options(location, engine, for_writing));
  TRY_ASSIGN(iceberg::OpenedLake lake, iceberg::open_tables(location, options));
  std::vector<std::shared_ptr<const IcebergTable>> tables;
  for (IcebergTable& table : lake.tables) {
    tables.push_back(std::make_shared<const IcebergTable>(std::move(table)));
  }
  return std::make_unique<IcebergKeeper>(location, std::move(lake.catalog), std::move(tables),
                                         engine);
}

}  // namespace sluice
