#include "endpoint/delta/table_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/text.h"
#include "endpoint/reach_files.h"
#include "format/delta/protocol.h"
#include "lake_catalog/delta_catalog_commit.h"
#include "lake_catalog/delta_catalog_state.h"
#include "lake_catalog/delta_catalog_version.h"
#include "lake_catalog/delta_mirror.h"
#include "lake_catalog/delta_unmirrored.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

Result<std::optional<DeltaTableRecord>> find_record(DeltaCatalog& catalog, const fs::path& folder) {
  TRY_ASSIGN(auto all, catalog.tables());
  const auto found = std::find_if(all.begin(), all.end(), [&](const DeltaTableRecord& one) {
    return one.location == folder.string();
  });
  if (found == all.end()) return std::optional<DeltaTableRecord>();
  return std::optional(std::move(*found));
}

// One moment of the catalog.
template <typename Work>
auto at_one_moment(DeltaCatalog& catalog, const Work& work) -> decltype(work()) {
  TRY(catalog.database().begin_read());
  auto out = work();
  catalog.database().end();
  return out;
}

Result<Version> version_at(DeltaCatalog& catalog, const DeltaTableRecord& record,
                           const DeltaMoment& moment) {
  if (moment.time.empty() || moment.version) return catalog_version(record, moment.version);
  TRY_ASSIGN(const std::int64_t wanted, parse_moment(moment.time));
  return catalog_version_at(catalog, record, wanted);
}

// Every file in the same place each time: a run that is resumed finds its chunks again.
void sort_files(Snapshot& snapshot) {
  const auto key = [](const LiveFile& file) {
    return std::pair(file.add.path,
                     file.add.deletion_vector ? file.add.deletion_vector->unique_id() : "");
  };
  std::sort(snapshot.files.begin(), snapshot.files.end(),
            [&](const LiveFile& a, const LiveFile& b) { return key(a) < key(b); });
}

Result<std::vector<DeltaCommit>> history_of(DeltaCatalog& catalog, const DeltaTableRecord& record) {
  const auto rows_of = [&](const char* columns, const char* table) {
    return catalog.database().query(
        fmt::format("SELECT {} FROM {} WHERE {} AND version <= {} ORDER BY version", columns,
                    catalog.database().table(table), DeltaCatalog::of_table(record.table_id),
                    record.version.value_or(-1)));
  };
  TRY_ASSIGN(const auto commits, rows_of("version, committed_at, files_added, files_removed, "
                                         "operation, user_name, engine_info, kind",
                                         "delta_commits"));
  std::set<Version> with_metadata;
  std::set<Version> with_protocol;
  std::map<Version, std::vector<Txn>> txns;
  TRY_ASSIGN(const auto metadata, rows_of("version", "delta_metadata"));
  for (const CatalogRow& row : metadata) with_metadata.insert(number_of(row[0]).value_or(0));
  TRY_ASSIGN(const auto protocols, rows_of("version", "delta_protocol"));
  for (const CatalogRow& row : protocols) with_protocol.insert(number_of(row[0]).value_or(0));
  TRY_ASSIGN(const auto all_txns, rows_of("version, app_id, txn_version", "delta_txns"));
  for (const CatalogRow& row : all_txns) {
    txns[number_of(row[0]).value_or(0)].push_back(
        {text_of(row[1]), number_of(row[2]).value_or(0), std::nullopt});
  }
  std::vector<DeltaCommit> out;
  for (const CatalogRow& row : commits) {
    if (text_of(row[7]) == "checkpoint") continue;  // it says nothing of the commit itself
    DeltaCommit& one = out.emplace_back();
    one.version = number_of(row[0]).value_or(0);
    one.time_ms = number_of(row[1]).value_or(0);
    one.outline.adds = static_cast<std::uint64_t>(number_of(row[2]).value_or(0));
    one.outline.removes = static_cast<std::uint64_t>(number_of(row[3]).value_or(0));
    one.outline.commit_info.emplace();
    one.outline.commit_info->operation = text_of(row[4]);
    one.outline.commit_info->user_name = text_of(row[5]);
    one.outline.commit_info->engine_info = text_of(row[6]);
    one.outline.has_metadata = with_metadata.contains(one.version);
    one.outline.has_protocol = with_protocol.contains(one.version);
    one.outline.txns = std::move(txns[one.version]);
  }
  return out;
}

Status check_kind(const Location& place, const Location& location) {
  const bool is_known = place.kind == "sqlite" || place.kind == "postgres" || place.kind == "mysql";
  if (is_known && place.password.empty()) return {};
  return fail(Error(ErrorKind::kInvalid,
                    is_known
                        ? fmt::format("catalog={} has a password in it", place.display())
                        : fmt::format("catalog={} is no catalog of Delta tables", place.display()))
                  .about(location.path)
                  .advise(is_known ? "give it in PGPASSWORD or MYSQL_PWD"
                                   : "catalogs are sqlite:PATH, postgres://USER@HOST:PORT/DB and "
                                     "mysql://USER@HOST:PORT/DB"));
}

}  // namespace

Result<std::shared_ptr<TableCatalog>> TableCatalog::open(const Location& location) {
  if (!location.parameters.contains("catalog")) return std::shared_ptr<TableCatalog>();
  const std::string text = location.parameter("catalog", "");
  if (text.empty()) {
    return fail(Error(ErrorKind::kInvalid, "catalog= names no catalog")
                    .about(location.display())
                    .advise("give the catalog's location, or leave catalog= away"));
  }
  TRY_ASSIGN(Location place, parse_location(text));
  TRY(check_kind(place, location));
  std::shared_ptr<TableCatalog> out(new TableCatalog(std::move(place), location));
  TRY_ASSIGN([[maybe_unused]] const DeltaCatalog catalog, out->connect());
  return out;
}

Error TableCatalog::not_imported(const fs::path& folder) const {
  return Error(ErrorKind::kNotFound,
               fmt::format("the catalog {} does not have the table in {}", shown_, folder.string()))
      .about(folder.string())
      .advise(fmt::format("`sluice catalog import {} {}` brings it",
                          shell_word("delta:" + folder.string()), shell_word(shown_)));
}

Result<DeltaTableRecord> TableCatalog::record_of(DeltaCatalog& catalog,
                                                 const fs::path& folder) const {
  TRY_ASSIGN(auto found, find_record(catalog, folder));
  if (found) return std::move(*found);
  return fail(not_imported(folder));
}

Result<DeltaCatalog> TableCatalog::connect() const { return DeltaCatalog::open(place_, {}); }

Result<std::vector<fs::path>> TableCatalog::folders_below(const fs::path& root) const {
  TRY_ASSIGN(DeltaCatalog catalog, connect());
  TRY_ASSIGN(const auto all, catalog.tables());
  std::vector<fs::path> out;
  for (const DeltaTableRecord& one : all) {
    const bool is_below =
        one.location == root.string() || one.location.starts_with((root / "").string());
    if (is_below) out.emplace_back(one.location);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<Snapshot> TableCatalog::load(const fs::path& folder, const DeltaMoment& moment) const {
  TRY_ASSIGN(DeltaCatalog catalog, connect());
  return at_one_moment(catalog, [&]() -> Result<Snapshot> {
    TRY_ASSIGN(const DeltaTableRecord record, record_of(catalog, folder));
    TRY_ASSIGN(const Version version, version_at(catalog, record, moment));
    TRY_ASSIGN(Snapshot out, load_catalog_state(catalog, record, version));
    TRY(check_can_read(out.protocol, out.metadata, record.table_id));
    sort_files(out);
    return out;
  });
}

Result<std::vector<DeltaCommit>> TableCatalog::history(const fs::path& folder) const {
  TRY_ASSIGN(DeltaCatalog catalog, connect());
  return at_one_moment(catalog, [&]() -> Result<std::vector<DeltaCommit>> {
    TRY_ASSIGN(const DeltaTableRecord record, record_of(catalog, folder));
    return history_of(catalog, record);
  });
}

// What cannot be finished now does not concern other tables; `catalog status` shows it.
Status TableCatalog::finish_others(Engine& engine) const {
  TRY_ASSIGN(DeltaCatalog catalog, connect());
  TRY_ASSIGN(const auto places, unmirrored_places(catalog));
  for (const std::string& place : places) (void)reach_files(place, tables_, engine);
  TRY_ASSIGN([[maybe_unused]] const auto facts, mirror_catalog(catalog, "", engine));
  return {};
}

Result<bool> TableCatalog::catch_up(const fs::path& folder, Engine& engine) const {
  TRY_ASSIGN(DeltaCatalog catalog, connect());
  TRY(catalog.database().begin_write(DeltaCatalog::kWait));
  const auto work = [&]() -> Result<bool> {
    TRY_ASSIGN(const auto found, find_record(catalog, folder));
    TRY_ASSIGN(const bool is_table, DeltaLog::is_table(folder, engine.files_of(folder.native())));
    if (!found || !is_table) return !found.has_value();
    TRY_ASSIGN(auto record, catalog.table(found->table_id, true));
    TRY_ASSIGN(const auto pending, unmirrored_facts(catalog, found->table_id));
    if (!record || pending) return !pending.has_value();
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(folder, record->table_id, engine));
    TRY_ASSIGN([[maybe_unused]] const auto theirs, follow_log(catalog, *record, log));
    return true;
  };
  auto done = work();
  if (!done) {
    catalog.database().end();
    return done;
  }
  TRY(catalog.database().commit());
  return done;
}

Result<std::vector<DeltaCommitted>> TableCatalog::commit(std::vector<DeltaWrite> writes,
                                                         const fs::path& root,
                                                         Engine& engine) const {
  TRY_ASSIGN(DeltaCatalog catalog, connect());
  std::vector<DeltaCatalogWrite> all;
  for (DeltaWrite& write : writes) {
    TRY_ASSIGN(const auto record, find_record(catalog, write.folder));
    const std::string below = write.folder.lexically_relative(root).string();
    std::string id = record ? record->table_id : below == "." ? root.filename().string() : below;
    if (!record && write.base != nullptr) return fail(not_imported(write.folder));
    all.push_back({std::move(id), std::move(write)});
  }
  return commit_in_catalog(place_, std::move(all), engine);
}

Status TableCatalog::forget(const fs::path& folder) const {
  TRY_ASSIGN(DeltaCatalog catalog, connect());
  TRY(catalog.database().begin_write(DeltaCatalog::kWait));
  const auto work = [&]() -> Status {
    TRY_ASSIGN(const auto record, find_record(catalog, folder));
    if (!record) return {};
    TRY_ASSIGN(const auto locked, catalog.table(record->table_id, true));
    if (!locked || locked->location != folder.string()) return {};
    TRY_ASSIGN([[maybe_unused]] const auto files, catalog.remove_table(record->table_id));
    return {};
  };
  const Status done = work();
  if (done) return catalog.database().commit();
  catalog.database().end();
  return done;
}

}  // namespace sluice::delta
