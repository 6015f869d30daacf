// Private to endpoint/parquet: what the parts of a write session share. All of a run is in two
// folders beside the tables, which readers skip because of the dot:
//
//   DIR/.sluice_<run>/ledger.jsonl          what landed
//   DIR/.sluice_<run>/<table>/chunk-N.parquet     the chunks
//   DIR/.sluice_<run>/intent.json           the renames of publish(), written before the first one
//   DIR/.sluice_<run>/final/                tables as they will be, links to the chunks
//   DIR/.sluice_<run>_kept/                 what was replaced
#pragma once

#include <filesystem>
#include <string>

#include "base/file_access.h"
#include "endpoint/file_ledger.h"

namespace sluice::parquet {

struct ParquetRun {
  std::filesystem::path folder;
  Engine* engine = nullptr;
  std::string id;  // the ULID
  const TargetPlan* plan = nullptr;
  FileLedger ledger;
  FileAccess access = {};  // of what the run makes

  std::filesystem::path staging() const;
  std::filesystem::path kept() const;
};

// The name of a table's file or folder: "t", or "sales.t" in a schema that is not the default one.
std::string table_stem(const TargetTable& table);
std::filesystem::path chunk_file(const ParquetRun& run, const TargetTable& table, int chunk);
// What every file that a run writes is written with.
std::string copy_options(const ParquetRun& run, const TargetTable& table);
// Identifies the files under a table's final name; "" where there are none.
Result<std::string> stamp_of_old(const ParquetRun& run, const TargetTable& table);

Status publish_files(ParquetRun& run);
Result<Steps> rollback_files(ParquetRun& run, bool dry_run);
Result<Steps> forget_files(ParquetRun& run);

}  // namespace sluice::parquet
