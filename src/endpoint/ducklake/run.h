// Private to endpoint/ducklake: what the parts of a write session share. A run leaves in a lake
//
//   DATA/.sluice_<run>/ledger.jsonl    what landed, which files, what was there before
//   DATA/<schema>/<table>/<run>-...    data files; nobody reads them before the catalog names them
//
// Publishing is one transaction of the catalog, which makes one snapshot. Its commit_extra_info
// carries the run: by that the catalog itself tells what became of a commit. A table that is
// replaced is renamed, which moves no file.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_access.h"
#include "endpoint/endpoint.h"
#include "endpoint/file_ledger.h"
#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_commit.h"
#include "model/location.h"

namespace sluice::ducklake {

// For how long a commit stands in line behind others.
inline constexpr std::chrono::milliseconds kCommitWait{60'000};

// A table of the plan as the lake has it, or will have it.
struct LakeTarget {
  std::optional<Id> table;  // what was there when the run began
  Id snapshot = 0;          // of then
  std::string uuid;         // of a new table
  std::string schema_uuid;  // of its schema, where that is new
  std::filesystem::path folder;
  std::vector<LakeColumn> columns;
  std::vector<std::string> partition;  // FileWriting::partition of the files that the run writes
};

struct LakeRun {
  Engine* engine = nullptr;
  Location location;
  std::string id;  // the ULID
  const TargetPlan* plan = nullptr;
  std::string data_path;                      // absolute, ends with a slash
  std::unique_ptr<CatalogDatabase> database;  // null where there is no lake yet
  std::unique_ptr<FileLedger> ledger;
  FileAccess access;  // of what the run makes

  std::filesystem::path staging() const;
  Files& files() const { return engine->files_of(data_path); }
};

std::filesystem::path run_folder(const std::string& data_path, const std::string& run);
// The table's name in the ledger and in its staged name.
std::string ledger_key(const TargetTable& table);
TableName lake_name(const TargetTable& table);
// Under which a replaced table is kept.
std::string kept_name(const std::string& run, const std::string& table);
// What the ledger says of a table. Requires: prepare() was done.
Result<LakeTarget> target_of(const LakeRun& run, const TargetTable& table);
// The chunks that landed, table by table of the plan.
std::vector<Landed> landed_chunks(const LakeRun& run);
// The files that landed, by chunk.
std::vector<NewDataFile> landed_files(const FileLedger& ledger, const std::string& key);
// What the run's newest snapshot says: published, or rolled back.
Result<PublishState> publish_state_of(LakeRun& run);
std::string extra_info(const std::string& run, bool rolled_back);

// The catalog, where it is a file, and what belongs to it.
Status give_catalog(const Location& location, const FileAccess& access);
// The same, and the ledger tells what the catalog had, so that a rollback puts it back unless
// somebody else changed it since.
Status give_catalog_of(LakeRun& run);
Status take_catalog_back(const LakeRun& run);
// Opens the catalog and `files` as each of those who shall read them.
Status check_readers(const Location& location, const FileAccess& access,
                     std::vector<std::filesystem::path> files);

Status publish_lake(LakeRun& run);
Result<Steps> rollback_lake(LakeRun& run, bool dry_run);
Result<Steps> forget_lake(LakeRun& run);

}  // namespace sluice::ducklake
