// Private to delta_catalog: the transactions of one import.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "delta_catalog/import_table.h"
#include "lake_catalog/delta_batch.h"

namespace sluice {

// The catalog's side of an import: the claim on the table, its batches, how it ended.
class ImportSession {
 public:
  ImportSession(DeltaCatalog* catalog, const CatalogImport& wanted, CatalogImportFacts& facts)
      : catalog_(catalog), wanted_(wanted), facts_(facts), batch_(wanted.table_id) {}

  const DeltaTableRecord& record() const { return record_; }
  DeltaBatch& batch() { return batch_; }

  // What the catalog has of the table. Errors: kExists where the id belongs to another location.
  Status look();
  // From here on the table is this import's. Half a version stays only if `resumes`.
  Status claim(bool resumes);
  // Remembers how far the version that is being read has come.
  void set_pending(delta::Version version, std::string source, std::uint64_t files);
  // The version is whole with this batch.
  void set_complete(delta::Version version, const std::string& digest,
                    const std::string& metadata_id);
  // A transaction with all that the batch holds. `is_last`: the import is done with it. Errors:
  // kConflict (taken_over) where another import has the table now.
  Status flush(bool is_last);
  // An error ends the import.
  void fail_with(const Error& error);

 private:
  Status in_transaction(const std::function<Status()>& work);
  Status check_owner();
  Status claim_in_transaction(bool resumes);
  Status write_status(const std::string& status, const std::string& error);

  DeltaCatalog* catalog_;
  const CatalogImport& wanted_;
  CatalogImportFacts& facts_;
  DeltaTableRecord record_;
  DeltaBatch batch_;
  bool is_known_ = false;  // the catalog has a row of the table
  bool has_claimed_ = false;
  std::string started_at_;
};

}  // namespace sluice
