#include "delta_catalog/validate_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "delta_catalog/log_range.h"
#include "delta_catalog/remedies.h"
#include "format/delta/compare_states.h"
#include "lake_catalog/delta_catalog_state.h"
#include "lake_catalog/delta_commit_stream.h"
#include "lake_catalog/delta_log.h"
#include "lake_catalog/delta_unmirrored.h"

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

// Drift: a version that both have, made of other bytes. Nothing but a writer that went around one
// of them, or a log that was replaced, makes that.
Status compare_commits(DeltaCatalog& catalog, const DeltaTableRecord& table, const DeltaLog& log,
                       CatalogCheckFacts& facts) {
  TRY_ASSIGN(const auto rows,
             catalog.database().query(fmt::format(
                 "SELECT version, digest FROM {} WHERE {} AND version <= {} ORDER BY version",
                 catalog.database().table("delta_commits"), DeltaCatalog::of_table(table.table_id),
                 *table.version)));
  for (const CatalogRow& row : rows) {
    const delta::Version version = number_of(row[0]).value_or(0);
    const std::string digest = text_of(row[1]);
    if (digest.empty() || log.listing().commit(version) == nullptr) continue;
    TRY_ASSIGN(const CommitStream now, digest_commit(log, *log.listing().commit(version)));
    if (now.digest == digest) continue;
    facts.differences.push_back(
        {"commit", std::to_string(version), "both", "content", now.digest, digest});
  }
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
  TRY(compare_commits(catalog, table, log, facts));
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

namespace {

constexpr double kMillis = 1000;

double seconds_since(std::int64_t ms) {
  return std::max(0.0, static_cast<double>(now_unix_ms() - ms) / kMillis);
}

void add_what_is_new(const DeltaLog& log, CatalogLagFacts& out) {
  const delta::Version next = out.catalog_version.value_or(-1) + 1;
  out.versions_behind = out.log_version + 1 - next;
  for (const delta::CommitFile& commit : log.listing().commits) {
    if (out.versions_behind <= 0 || commit.version < next) continue;
    out.seconds_behind = seconds_since(commit.file.modified_ms);
    return;
  }
}

// The newest version that both have: what came before it was followed.
Status look_for_drift(DeltaCatalog& catalog, const DeltaTableRecord& table, const DeltaLog& log,
                      CatalogLagFacts& out) {
  const delta::Version version = std::min<delta::Version>(*table.version, out.log_version);
  TRY_ASSIGN(const auto rows, catalog.database().query(
                                  fmt::format("SELECT digest FROM {} WHERE {} AND version = {}",
                                              catalog.database().table("delta_commits"),
                                              DeltaCatalog::of_table(table.table_id), version)));
  const std::string digest = rows.empty() ? "" : text_of(rows.front().front());
  if (digest.empty() || log.listing().commit(version) == nullptr) return {};
  TRY_ASSIGN(const CommitStream now, digest_commit(log, *log.listing().commit(version)));
  if (now.digest != digest) {
    out.drift =
        fmt::format("version {} of the log has another content than in the catalog", version);
  }
  return {};
}

}  // namespace

Result<CatalogLagFacts> lag_of(DeltaCatalog& catalog, const DeltaTableRecord& table,
                               Engine& engine) {
  CatalogLagFacts out;
  out.table_id = table.table_id;
  TRY_ASSIGN(const auto found, catalog.table(table.table_id, false));
  TRY_ASSIGN(const auto unmirrored, unmirrored_facts(catalog, table.table_id));
  if (found) out.catalog_version = found->version;
  // The first commit of a table may still be on its way into a log that is not there yet.
  TRY_ASSIGN(const bool is_table,
             DeltaLog::is_table(table.location, engine.files_of(table.location)));
  if (unmirrored && unmirrored->version == 0 && !is_table) {
    out.log_version = -1;
  } else {
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(table.location, table.table_id, engine));
    if (!unmirrored || unmirrored->version > 0) TRY(whole_log(log.listing(), table.table_id));
    out.log_version = log.listing().is_empty() ? -1 : log.listing().newest();
    add_what_is_new(log, out);
    if (found && found->version) TRY(look_for_drift(catalog, *found, log, out));
  }
  const delta::Version newest = out.catalog_version.value_or(-1);
  if (newest > out.log_version) {
    out.versions_unmirrored = newest - out.log_version;
    if (unmirrored) {
      out.seconds_unmirrored = seconds_since(unmirrored->committed_ms);
    } else {
      out.drift = fmt::format("the log ends at version {}, the catalog had it up to {}",
                              out.log_version, newest);
    }
  }
  return out;
}

}  // namespace sluice
