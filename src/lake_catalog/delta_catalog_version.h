// Versions of Delta tables as rows of a catalog, one at a time: put there, followed from the log,
// and taken back. All of it requires begin_write() and the lock of the table's row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/delta/actions.h"
#include "lake_catalog/delta_catalog.h"
#include "lake_catalog/delta_log.h"

namespace sluice {

// A version behind the newest that the catalog has.
struct NewCatalogVersion {
  delta::Actions actions;
  std::int64_t committed_ms = 0;
  std::int64_t modified_ms = 0;  // of its file
  std::string digest;
};

// The table is at that version then. Errors: kConflict where it is not at record.version any more.
Status add_catalog_version(DeltaCatalog& catalog, DeltaTableRecord& record,
                           NewCatalogVersion version);

// When the newest version was made (milliseconds since 1970); nullopt where there is none.
Result<std::optional<std::int64_t>> newest_commit_time(DeltaCatalog& catalog,
                                                       const std::string& table_id);

// Takes the newest version back; a table of that one version goes away.
Status withdraw_catalog_version(DeltaCatalog& catalog, DeltaTableRecord& record);

// Adds what others put into the log since. Returns: their actions. Errors: kConflict
// (log_replaced) where the log is not the one that the catalog has, (log_cleaned) where it lacks
// commits in between.
Result<std::vector<delta::Actions>> follow_log(DeltaCatalog& catalog, DeltaTableRecord& record,
                                               const DeltaLog& log);

// The version that carries a transaction; nullopt where the catalog has none.
Result<std::optional<delta::Version>> version_of_transaction(DeltaCatalog& catalog,
                                                             const std::string& table_id,
                                                             const std::string& transaction_id);

}  // namespace sluice
