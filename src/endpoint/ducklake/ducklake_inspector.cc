#include "endpoint/ducklake/ducklake_inspector.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/ducklake/catalog_reading.h"
#include "endpoint/ducklake/check.h"
#include "endpoint/ducklake/difference.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/table_choice.h"
#include "format/ducklake/files_at.h"
#include "format/ducklake/moments.h"
#include "format/ducklake/reserved_names.h"
#include "lake_catalog/ducklake_records.h"

namespace sluice {
namespace {

using ducklake::CatalogReading;
using ducklake::FileAt;
using ducklake::Id;
using ducklake::LakeRecords;
using ducklake::SnapshotRow;

Result<std::uint64_t> count_until(EngineConnection& connection, const std::string& path,
                                  Id snapshot) {
  TRY_ASSIGN(const auto count,
             connection.value(fmt::format("SELECT count(*) FROM read_parquet({}) WHERE {} <= {}",
                                          quote_literal(path), ducklake::kRowSnapshot, snapshot)));
  return std::stoull(count.value_or("0"));
}

// Of a file with rows or deletions of later snapshots only the file knows how many are older.
Status correct_partial(EngineConnection& connection, FileAt& file, Id snapshot) {
  if (file.rows_are_later(snapshot)) {
    TRY_ASSIGN(file.facts.rows, count_until(connection, file.path, snapshot));
  }
  if (file.deletes_are_later(snapshot)) {
    TRY_ASSIGN(const std::uint64_t older, count_until(connection, file.deletes_path, snapshot));
    file.facts.deleted = file.facts.deleted - file.deletes->rows + older;
  }
  return {};
}

class DuckLakeInspector final : public LakeInspector {
 public:
  DuckLakeInspector(Location location, Engine& engine, std::unique_ptr<CatalogDatabase> database)
      : location_(std::move(location)), engine_(engine), database_(std::move(database)) {}

  Result<std::vector<LakeSnapshotFacts>> snapshots() override {
    TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(*database_));
    TRY_ASSIGN(const LakeRecords records,
               read_records(*database_, data_path(), RecordParts::kHistory));
    std::vector<LakeSnapshotFacts> out;
    for (const SnapshotRow& row : records.snapshots)
      out.push_back(ducklake::snapshot_facts(records, row));
    return out;
  }

  Result<LakeFilesFacts> files(const LakeScope& scope) override;
  Result<LakeDifference> between(const std::string& since, const std::string& until,
                                 const std::vector<std::string>& tables) override;
  Result<LakeCheckFacts> check(const std::vector<std::string>& tables,
                               const LakeProgress& progress) override;

 private:
  std::string data_path() const { return location_.parameter("data_path", ""); }

  Location location_;
  Engine& engine_;
  std::unique_ptr<CatalogDatabase> database_;
};

Result<LakeFilesFacts> DuckLakeInspector::files(const LakeScope& scope) {
  TRY_ASSIGN(LakeMoment moment, ducklake::moment_of(location_));
  if (!scope.at.empty()) moment = ducklake::moment_of(scope.at);
  LakeFilesFacts out;
  TableChoice choice(scope.tables);
  LakeRecords records;
  std::vector<ducklake::TableAt> tables;
  Id snapshot = 0;
  {
    TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(*database_));
    TRY_ASSIGN(records, read_records(*database_, data_path(), RecordParts::kFiles));
    TRY_ASSIGN(const SnapshotRow row, DuckLakeCatalog(*database_, data_path()).snapshot_at(moment));
    snapshot = row.id;
    out.snapshot = row.id;
    out.time = ducklake::moment_text(row.time);
    tables = ducklake::files_at(records, snapshot);
    std::erase_if(tables, [&](const auto& table) { return !choice.takes(table.name); });
    TRY(choice.check());
    for (const ducklake::TableAt& table : tables) {
      LakeTableFacts& facts = out.tables.emplace_back();
      facts.table = table.name.display();
      for (const ducklake::InlinedTable* const inlined : table.inlined) {
        TRY_ASSIGN(const std::uint64_t rows,
                   count_inlined(*database_, inlined->row.name, snapshot));
        facts.rows_in_catalog += rows;
      }
    }
  }
  std::unique_ptr<EngineConnection> connection;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    for (FileAt& file : tables[i].files) {
      if (file.rows_are_later(snapshot) || file.deletes_are_later(snapshot)) {
        if (!connection) {
          TRY_ASSIGN(connection, engine_.connect());
        }
        TRY(correct_partial(*connection, file, snapshot));
      }
      out.tables[i].files.push_back(std::move(file.facts));
    }
  }
  return out;
}

Result<LakeDifference> DuckLakeInspector::between(const std::string& since,
                                                  const std::string& until,
                                                  const std::vector<std::string>& tables) {
  ducklake::DiffInput input;
  input.since = ducklake::moment_of(since);
  TRY_ASSIGN(input.until, ducklake::moment_of(location_));
  if (!until.empty()) input.until = ducklake::moment_of(until);
  input.data_path = data_path();
  input.tables = tables;
  return ducklake::difference_between(*database_, input, engine_);
}

Result<LakeCheckFacts> DuckLakeInspector::check(const std::vector<std::string>& tables,
                                                const LakeProgress& progress) {
  return ducklake::check_lake(*database_, data_path(), tables, engine_, progress);
}

}  // namespace

Result<std::unique_ptr<LakeInspector>> inspect_ducklake(const Location& location, Engine& engine) {
  CatalogOptions options;
  options.cancel = engine.cancel_token();
  TRY_ASSIGN(auto database, ducklake::open_lake(location, engine, options));
  if (database == nullptr) {
    return fail(
        Error(ErrorKind::kNotFound,
              fmt::format("there is no lake in {}: no table ducklake_snapshot", location.display()))
            .about(location.display())
            .advise("check the path or the server behind ducklake:"));
  }
  return std::make_unique<DuckLakeInspector>(location, engine, std::move(database));
}

}  // namespace sluice
