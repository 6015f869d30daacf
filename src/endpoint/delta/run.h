// Private to endpoint/delta: what the parts of a write session share. A run leaves in a location
//
//   DIR/.sluice_<run>/ledger.jsonl             what landed, which files, what was there before
//   DIR/<schema>/<table>/sluice_<run>-...      data files; nobody reads them before a log names
//   them
//
// Publishing is one commit a table. It carries a txn action whose appId names the run: by that the
// log itself tells what became of a commit, and which tables are done when a crash came between
// two. A file that is replaced stays in its folder, named by the versions before, until somebody
// vacuums the table.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_access.h"
#include "endpoint/delta/table_state.h"
#include "endpoint/endpoint.h"
#include "endpoint/file_ledger.h"
#include "format/delta/write_gate.h"
#include "lake_catalog/delta_commit.h"
#include "model/location.h"

namespace sluice::delta {

// A table of the plan as it was found, and as it will be.
struct DeltaTarget {
  std::filesystem::path folder;
  std::optional<Version> version;  // of what was there when the run began; nullopt for nothing
  Protocol protocol;               // as it will be
  Metadata metadata;
  TableSchema schema;                     // of that metadata
  std::shared_ptr<TableCatalog> catalog;  // that keeps its state; null: its log does
};

struct DeltaRun {
  Engine* engine = nullptr;
  Location location;
  std::filesystem::path root;  // absolute
  std::string id;              // the ULID
  const TargetPlan* plan = nullptr;
  std::unique_ptr<FileLedger> ledger;
  std::shared_ptr<TableCatalog> catalog;  // null: tables are committed to their logs
  bool drops_others = false;              // a rollback, with what others added since
  FileAccess access = {};                 // of what the run makes

  std::filesystem::path staging() const;
  Files& files() const { return engine->files_of(root.native()); }
  std::string app_id() const;  // of the txn actions
};

// What the txn action of a run says by its version.
inline constexpr std::int64_t kTxnPublished = 1;
inline constexpr std::int64_t kTxnTakenBack = 2;

std::filesystem::path run_folder(const std::filesystem::path& root, const std::string& run);
// The table's name in the ledger and in its staged name.
std::string ledger_key(const TargetTable& table);
// What the names of a run's files begin with.
std::string file_stem(const std::string& run);

// Where a table of that name is, or will be. Errors: kInvalid for another table than the one that
// the location itself is.
Result<std::filesystem::path> folder_of(const std::filesystem::path& root, const TableName& name,
                                        Files& files);

FoundTable found_table(const DeltaTarget& target, const TargetTable& table);

// One commit for each; through the catalog all in one transaction.
Result<std::vector<DeltaCommitted>> commit_tables(const DeltaRun& run,
                                                  std::vector<DeltaWrite> writes);

// What is at a target's folder now; nullopt for nothing.
Result<std::optional<TableState>> state_now(const DeltaTarget& target, const TargetTable& table,
                                            Engine& engine);

// What the ledger says of a table. Requires: prepare() was done.
Result<DeltaTarget> target_of(const DeltaRun& run, const TargetTable& table);
Status record_target(DeltaRun& run, const TargetTable& table, const DeltaTarget& target);
// The files that landed.
Result<std::vector<AddFile>> landed_files(const FileLedger& ledger, const std::string& key);
// Files as one text of the ledger, and back.
std::string files_text(const std::vector<AddFile>& files);

// What was staged, as a table that can be read. `name`: WriteSession::staged_name()'s. Errors:
// kNotFound.
Result<TableState> staged_table(const std::filesystem::path& root, const TableName& name,
                                Files& files);
// The files of a table's folder whose names begin with `stem`, published or not.
Result<std::vector<std::string>> files_of_run(const std::filesystem::path& folder,
                                              const std::string& stem, Files& files);

// The run's txn version in a table's log; nullopt where it has none.
std::optional<std::int64_t> txn_of(const DeltaRun& run, const Snapshot& snapshot);
CommitInfo commit_info(const DeltaRun& run, const std::string& operation, const std::string& mode);

Status publish_tables(DeltaRun& run);
Result<PublishState> publish_state_of(DeltaRun& run);
Result<Steps> roll_back_tables(DeltaRun& run, bool dry_run);
Result<Steps> forget_run(DeltaRun& run);

}  // namespace sluice::delta
