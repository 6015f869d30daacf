// One Delta table's log goes into a catalog in SQL: what the catalog lacks of it, in transactions
// of some files each.
//
// Readers never see a part of a version: a version counts from the transaction on that completes
// it. An import that dies is gone on with by the next one: with `resume` at the file where it
// stopped, else at the version. Two at once: the later takes the table over, the earlier ends with
// an error.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/cancel.h"
#include "engine/engine.h"
#include "lake_catalog/delta_catalog.h"
#include "model/catalog_facts.h"

namespace sluice {

inline constexpr std::uint64_t kCatalogBatchFiles = 1000;

struct CatalogImport {
  std::string table_id;
  std::filesystem::path folder;  // absolute
  std::string run;               // a ULID, its own for each import
  std::uint64_t batch_files = kCatalogBatchFiles;
  bool resume = false;
  bool dry_run = false;  // reads the log, and writes nothing
  const CancelToken* cancel = nullptr;
  std::atomic<std::uint64_t>* files_done = nullptr;
  std::function<void(const std::string& note)> note;  // what it does, in words; may be empty
};

// `catalog` null: there is none yet, which is fine for a dry run. An error is one of the facts.
CatalogImportFacts import_table(DeltaCatalog* catalog, const CatalogImport& wanted, Engine& engine);

// Errors: kConflict (log_replaced) where the log is not the one that the catalog has.
class DeltaLog;
Status check_same_log(const DeltaLog& log, const DeltaTableRecord& record);

}  // namespace sluice
