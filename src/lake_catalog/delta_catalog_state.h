// What a catalog of Delta tables says of a table at a version: the same as its log would.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/delta/replay.h"
#include "lake_catalog/delta_catalog.h"

namespace sluice {

// All of them require begin_read() or begin_write().

// The newest complete version, or `version`. Errors: kNotFound for one that the catalog does not
// have.
Result<delta::Version> catalog_version(const DeltaTableRecord& table,
                                       std::optional<delta::Version> version);

// The version that was newest at a time (milliseconds since 1970). Errors: kNotFound for a time
// before all that the catalog has.
Result<delta::Version> catalog_version_at(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                          std::int64_t time_ms);

// Removes of files that are not there again, with the versions that removed them.
struct CatalogTombstone {
  delta::RemoveFile file;
  delta::Version version = 0;
};
Result<std::vector<CatalogTombstone>> load_catalog_tombstones(DeltaCatalog& catalog,
                                                              const std::string& table_id,
                                                              delta::Version version);

// A snapshot without its files and tombstones. Errors: kCorrupt where the catalog lacks what every
// table has.
Result<delta::Snapshot> load_catalog_head(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                          delta::Version version);

// Its files, in no order; `where` is a further condition in SQL,
// or "".
Status visit_catalog_files(DeltaCatalog& catalog, const std::string& table_id,
                           delta::Version version, const std::string& where,
                           const std::function<Status(delta::LiveFile)>& take);

// All of it.
Result<delta::Snapshot> load_catalog_state(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                           delta::Version version);

}  // namespace sluice
