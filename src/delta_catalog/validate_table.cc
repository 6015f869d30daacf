#include "delta_catalog/validate_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "delta_catalog/log_range.h"
#include "delta_catalog/remedies.h"
#include "format/delta/compare_states.h"
#include "lake_catalog/delta_catalog_state.h"
#include "lake_catalog/delta_log.h"

namespace sluice {
namespace {

Status compare_rows(DeltaCatalog& catalog, const DeltaTableRecord& table, delta::Version version,
                    delta::StateComparison& comparison) {
  TRY_ASSIGN(const delta::Snapshot head, load_catalog_head(catalog, table, version));
  comparison.compare_head(head);
  TRY(visit_catalog_files(catalog, table.table_id, version, "",
                          [&](const delta::LiveFile& file) -> Status {
                            comparison.see_file(file);
                            return {};
                          }));
  comparison.finish_files();
  TRY_ASSIGN(const auto tombstones, load_catalog_tombstones(catalog, table.table_id, version));
  for (const CatalogTombstone& one : tombstones) comparison.see_tombstone(one.file, one.version);
  comparison.finish_tombstones();
  return {};
}

void add_version_difference(CatalogCheckFacts& facts) {
  if (facts.catalog_version == facts.log_version) return;
  CatalogDifference one;
  one.kind = one.field = "version";
  one.side = "both";
  one.log = std::to_string(facts.log_version);
  one.catalog = facts.catalog_version ? std::to_string(*facts.catalog_version) : "none";
  facts.differences.push_back(std::move(one));
}

Status validate(DeltaCatalog& catalog, const DeltaTableRecord& given, Engine& engine,
                CatalogCheckFacts& facts) {
  TRY_ASSIGN(const DeltaLog log, DeltaLog::open(given.location, given.table_id, engine));
  TRY(whole_log(log.listing(), given.table_id));
  facts.log_version = log.listing().newest();
  TRY(catalog.database().begin_read());
  // The newest row of the table: an import may be going on.
  TRY_ASSIGN(const auto found, catalog.table(given.table_id, false));
  const DeltaTableRecord table = found.value_or(given);
  facts.catalog_version = table.version;
  add_version_difference(facts);
  if (!table.version) return {};
  const delta::Version version = std::min<delta::Version>(*table.version, facts.log_version);
  TRY_ASSIGN(const delta::LogPart part, delta::choose_log(log.listing(), version, given.table_id));
  TRY_ASSIGN(const delta::Snapshot state, log.load(version));
  facts.files = state.files.size();
  delta::StateComparison comparison(
      state, part.checkpoint ? std::optional(part.checkpoint->version) : std::nullopt);
  TRY(compare_rows(catalog, table, version, comparison));
  for (const CatalogDifference& one : comparison.differences()) facts.differences.push_back(one);
  facts.more = comparison.more();
  return {};
}

}  // namespace

CatalogCheckFacts validate_table(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                 Engine& engine) {
  const Stopwatch watch;
  CatalogCheckFacts facts;
  facts.table_id = table.table_id;
  facts.location = table.location;
  const Status done = validate(catalog, table, engine, facts);
  catalog.database().end();
  facts.state = !done ? "failed" : facts.differences.empty() ? "same" : "differs";
  if (!done) facts.error = with_remedy(done.error());
  facts.seconds = watch.seconds();
  return facts;
}

Result<CatalogLagFacts> lag_of(DeltaCatalog& catalog, const DeltaTableRecord& table,
                               Engine& engine) {
  TRY_ASSIGN(const DeltaLog log, DeltaLog::open(table.location, table.table_id, engine));
  TRY(whole_log(log.listing(), table.table_id));
  TRY_ASSIGN(const auto found, catalog.table(table.table_id, false));
  CatalogLagFacts out;
  out.table_id = table.table_id;
  out.log_version = log.listing().newest();
  if (found) out.catalog_version = found->version;
  const delta::Version next = out.catalog_version.value_or(-1) + 1;
  out.versions_behind = out.log_version + 1 - next;
  if (out.versions_behind <= 0) return out;
  constexpr double kMillis = 1000;
  for (const delta::CommitFile& commit : log.listing().commits) {
    if (commit.version < next) continue;
    const auto age = static_cast<double>(now_unix_ms() - commit.file.modified_ms);
    out.seconds_behind = std::max(0.0, age / kMillis);
    break;
  }
  return out;
}

}  // namespace sluice
