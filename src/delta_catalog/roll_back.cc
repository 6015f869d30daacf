#include "delta_catalog/roll_back.h"

#include <fmt/format.h>

#include "base/crash_point.h"
#include "base/text.h"
#include "delta_catalog/validate_table.h"
#include "lake_catalog/delta_log.h"
#include "lake_catalog/delta_unmirrored.h"

namespace sluice {
namespace {

// A bucket that is gone has no log either.
Result<bool> has_log(const DeltaTableRecord& record, Engine& engine) {
  auto is_table = DeltaLog::is_table(record.location, engine.files_of(record.location));
  if (!is_table && is_table.error().kind == ErrorKind::kNotFound) return false;
  return is_table;
}

Result<std::uint64_t> remove_rows(DeltaCatalog& catalog, const std::string& table_id,
                                  Engine& engine) {
  TRY_ASSIGN(const auto found, catalog.table(table_id, true));
  TRY_ASSIGN(const auto unmirrored, unmirrored_facts(catalog, table_id));
  bool is_needed = false;
  if (found && unmirrored) {
    TRY_ASSIGN(is_needed, has_log(*found, engine));
  }
  if (is_needed) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": version {} is in the catalog {} alone", table_id,
                                  unmirrored->version, catalog.display()))
                    .about(table_id)
                    .advise("`sluice catalog mirror " + shell_word(catalog.display()) +
                            "` puts it into the log first"));
  }
  if (found) return catalog.remove_table(table_id);
  return fail(Error(ErrorKind::kNotFound, fmt::format("table \"{}\" is not in the catalog {}",
                                                      table_id, catalog.display()))
                  .about(table_id)
                  .advise("`sluice catalog status` lists the tables"));
}

// That the catalog is behind the log loses nothing.
bool is_of_the_catalog(const CatalogDifference& difference, const CatalogCheckFacts& found) {
  if (difference.kind == "version") return found.catalog_version > found.log_version;
  return difference.side != "log";
}

}  // namespace

Result<std::uint64_t> drop_table(DeltaCatalog& catalog, const std::string& table_id,
                                 Engine& engine) {
  TRY(catalog.database().begin_write(DeltaCatalog::kWait));
  const auto removed = remove_rows(catalog, table_id, engine);
  if (!removed) {
    catalog.database().end();
    return removed;
  }
  crash_point();
  TRY(catalog.database().commit());
  crash_point();
  return removed;
}

Result<CatalogRollbackFacts> roll_back_table(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                             Engine& engine, bool dry_run) {
  const CatalogCheckFacts found = validate_table(catalog, table, engine);
  if (found.error) return fail(*found.error);
  CatalogRollbackFacts out;
  out.table_id = table.table_id;
  out.location = table.location;
  out.checks.push_back(fmt::format("the log in {} is whole and can be read: version {}, {} files",
                                   table.location, found.log_version, found.files));
  for (const CatalogDifference& difference : found.differences) {
    if (is_of_the_catalog(difference, found)) out.differences.push_back(difference);
  }
  if (!out.differences.empty() || found.more > 0) {
    out.state = "refused";
    return out;
  }
  out.checks.push_back(fmt::format("the catalog, at version {}, has nothing that the log lacks",
                                   found.catalog_version.value_or(-1)));
  if (dry_run) {
    out.state = "dry_run";
    TRY_ASSIGN(out.files, catalog.count(fmt::format("SELECT count(*) FROM {} WHERE {}",
                                                    catalog.database().table("delta_files"),
                                                    DeltaCatalog::of_table(table.table_id))));
    return out;
  }
  TRY_ASSIGN(out.files, drop_table(catalog, table.table_id, engine));
  out.state = "rolled_back";
  return out;
}

}  // namespace sluice
