// Private to endpoint/delta: a location's tables as a catalog in SQL has them (?catalog=URI). Each
// question is asked over a connection of its own: a run may take longer than servers keep one.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "format/delta/replay.h"
#include "lake_catalog/delta_catalog.h"
#include "lake_catalog/delta_commit.h"
#include "lake_catalog/delta_log.h"
#include "model/location.h"

namespace sluice::delta {

class TableCatalog {
 public:
  // Null where the location names none. Errors: kInvalid for what is no catalog's location,
  // kNotFound where there is none.
  static Result<std::shared_ptr<TableCatalog>> open(const Location& location);

  const std::string& display() const { return shown_; }
  Error not_imported(const std::filesystem::path& folder) const;

  // Folders of the catalog's tables that are, or are below, a folder. Sorted.
  Result<std::vector<std::filesystem::path>> folders_below(const std::filesystem::path& root) const;
  // Errors: kNotFound for a table that was not imported, or a moment that it has no version of.
  Result<Snapshot> load(const std::filesystem::path& folder, const DeltaMoment& moment) const;
  // The newest last.
  Result<std::vector<DeltaCommit>> history(const std::filesystem::path& folder) const;

  // Puts into the logs what processes left that died.
  Status finish_others(Engine& engine) const;
  // Brings in what others put into a table's log. Returns: whether the log has all that the catalog
  // has of it; false is a commit that could not be put there yet.
  Result<bool> catch_up(const std::filesystem::path& folder, Engine& engine) const;
  // One transaction for all. New tables get the ids that `catalog import` would give them.
  Result<std::vector<DeltaCommitted>> commit(std::vector<DeltaWrite> writes,
                                             const std::filesystem::path& root,
                                             Engine& engine) const;
  // A table whose log was taken away. Nothing where it is not there.
  Status forget(const std::filesystem::path& folder) const;

 private:
  TableCatalog(Location place, Location tables)
      : place_(std::move(place)), tables_(std::move(tables)), shown_(place_.display()) {}
  Result<DeltaCatalog> connect() const;
  Result<DeltaTableRecord> record_of(DeltaCatalog& catalog,
                                     const std::filesystem::path& folder) const;

  Location place_;
  Location tables_;  // says how S3 is reached
  std::string shown_;
};

}  // namespace sluice::delta
