#include "endpoint/iceberg/iceberg_inspector.h"

#include <fmt/format.h>

#include <algorithm>

#include "endpoint/iceberg/catalog_options.h"
#include "endpoint/iceberg/check.h"
#include "endpoint/iceberg/difference.h"
#include "endpoint/iceberg/file_facts.h"
#include "endpoint/iceberg/history.h"
#include "endpoint/iceberg/open_tables.h"
#include "endpoint/table_choice.h"

namespace sluice {
namespace {

using iceberg::Moment;
using Tables = std::vector<std::shared_ptr<const IcebergTable>>;

TableName name_of(const IcebergTable& table) { return {table.name.space, table.name.table}; }

class IcebergInspector final : public LakeInspector {
 public:
  IcebergInspector(Location location, Tables tables, Engine& engine)
      : location_(std::move(location)), tables_(std::move(tables)), engine_(engine) {}

  Result<std::vector<LakeSnapshotFacts>> snapshots() override {
    TRY(check_single("`lake snapshots` looks at one table"));
    return iceberg::snapshots_of(tables_.front()->metadata);
  }

  Result<LakeFilesFacts> files(const LakeScope& scope) override {
    TRY_ASSIGN(Moment moment, iceberg::moment_of(location_));
    if (!scope.at.empty()) moment = iceberg::moment_of(scope.at);
    TableChoice choice(scope.tables);
    Tables chosen;
    for (const auto& table : tables_) {
      if (choice.takes(name_of(*table))) chosen.push_back(table);
    }
    TRY(choice.check());
    return iceberg::files_of(chosen, moment, engine_);
  }

  Result<LakeDifference> between(const std::string& since, const std::string& until,
                                 const std::vector<std::string>& tables) override {
    iceberg::DiffInput input;
    input.since = iceberg::moment_of(since);
    TRY_ASSIGN(input.until, iceberg::moment_of(location_));
    if (!until.empty()) input.until = iceberg::moment_of(until);
    if (input.since.snapshot || input.until.snapshot) {
      TRY(check_single("snapshots are of one table"));
    }
    input.tables = tables;
    return iceberg::difference_between(tables_, input, engine_);
  }

  Result<LakeCheckFacts> check(const std::vector<std::string>& tables,
                               const LakeProgress& progress) override {
    TRY_ASSIGN(const Moment moment, iceberg::moment_of(location_));
    if (moment.is_newest()) {
      TRY_ASSIGN(const IcebergCatalogOptions options,
                 iceberg::catalog_options(location_, engine_, false));
      iceberg::OpenRuns runs(location_, options);
      return iceberg::check_tables(tables_, tables, runs, engine_, progress);
    }
    return fail(Error(ErrorKind::kInvalid, "a table is checked at its newest snapshot only")
                    .about(location_.display())
                    .advise("leave snapshot= and at= away"));
  }

 private:
  // `schema` and `table` of the location's parameters choose one.
  Status check_single(const std::string& why) const {
    if (tables_.size() == 1) return {};
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("{}, {} has {}", why, location_.display(), tables_.size()))
                    .about(location_.display())
                    .advise("name one: add table=NAMESPACE.TABLE to the location"));
  }

  Location location_;
  Tables tables_;
  Engine& engine_;
};

}  // namespace

Result<std::unique_ptr<LakeInspector>> inspect_iceberg(const Location& location, Engine& engine) {
  TRY_ASSIGN(const IcebergCatalogOptions options,
             iceberg::catalog_options(location, engine, false));
  TRY_ASSIGN(iceberg::OpenedLake lake, iceberg::open_tables(location, options));
  Tables tables;
  for (IcebergTable& table : lake.tables) {
    tables.push_back(std::make_shared<const IcebergTable>(std::move(table)));
  }
  return std::make_unique<IcebergInspector>(location, std::move(tables), engine);
}

}  // namespace sluice
