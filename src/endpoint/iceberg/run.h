// Private to endpoint/iceberg: what the parts of a write session share. A run leaves in a warehouse
// (its folder is in sluice's own state folder where a REST catalog chooses the tables' places)
//
//   WAREHOUSE/.sluice_<run>/ledger.jsonl           what landed and what was there before
//   WAREHOUSE/.sluice_<run>/<table>-<chunk>.avro   the files of a chunk, as a manifest
//   TABLE/data/sluice_<run>-...                    data files; nobody reads them before the
//                                                  catalog names them
//   TABLE/metadata/sluice_<run>-...                manifests and manifest lists, likewise
//
// Publishing is a commit of the catalog, where it can all tables in one. The snapshot's summary
// names the run: by that a table itself tells what became of a commit. A table that is replaced has
// its rows of before in the snapshot before.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/file_ledger.h"
#include "endpoint/iceberg/table_scan.h"
#include "lake_catalog/iceberg_catalog.h"

namespace sluice::iceberg {

class LentKeys;

inline constexpr const char* kRunProperty = "sluice.run";

// A table of the plan as it was found and as it will be.
struct IcebergTarget {
  bool is_new = false;
  std::optional<std::int64_t> snapshot;  // of main when the run began
  TableMetadata before;                  // without its history; of a new table as it was staged
  TableMetadata after;                   // with the columns, the spec and the order of the run
  std::optional<LentFiles> lent;         // for its files, when it was staged
};

struct IcebergRun {
  Engine* engine = nullptr;
  Location location;
  IcebergCatalogOptions options;
  std::string id;  // the ULID
  const TargetPlan* plan = nullptr;
  std::shared_ptr<IcebergCatalog> catalog;
  std::string folder;  // WAREHOUSE/.sluice_<run>, an address
  std::unique_ptr<LakeFiles> files;
  std::shared_ptr<LentKeys> lent;
  std::unique_ptr<FileLedger> ledger;
  bool drops_others = false;  // a rollback, with what others added since
};

// WAREHOUSE/.sluice_<run>. Errors: kInvalid where the location does not say where that is.
Result<std::string> run_folder(const Location& location, const std::string& run);
// The ledger of a run's folder.
Result<std::unique_ptr<FileLedger>> open_ledger(const std::string& folder, const Location& location,
                                                Engine& engine);
// A run's folder as a path of this machine or of S3.
std::string folder_path(const std::string& folder);

// The table's name in the ledger and in its staged name.
std::string ledger_key(const TargetTable& table);
IcebergName catalog_name(const TargetTable& table);
// What the names of a run's files begin with.
std::string file_stem(const std::string& run);

// What the ledger says of a table. Requires: prepare() was done.
Result<IcebergTarget> target_of(const FileLedger& ledger, const std::string& key);
Status record_target(IcebergRun& run, const TargetTable& table, const IcebergTarget& target);

// The files of a chunk, as its manifest in the run's folder.
Status write_chunk_files(IcebergRun& run, const IcebergTarget& target, const std::string& name,
                         const std::vector<DataFile>& files);
// The files that landed.
Result<std::vector<DataFile>> landed_files(const FileLedger& ledger, LakeFiles& files,
                                           const std::string& folder, const std::string& key);

// What was staged, as a table that can be read. `name`: WriteSession::staged_name()'s. Errors:
// kNotFound.
Result<std::unique_ptr<TableScan>> staged_table(const Location& location,
                                                const IcebergCatalogOptions& options,
                                                const TableName& name, LentKeys& lent,
                                                Engine& engine);

// Whether the table has a snapshot of the run, on main or not.
bool has_snapshot_of_run(const TableMetadata& metadata, const std::string& run);

// The snapshot of the run in a table, where main comes from it; null where it has none. One behind
// which others' snapshots were expired counts: nothing says that main does not come from it.
const Snapshot* snapshot_of_run(const TableMetadata& metadata, const std::string& run);

Status publish_tables(IcebergRun& run);
Result<PublishState> publish_state_of(IcebergRun& run);
Result<Steps> roll_back_tables(IcebergRun& run, bool dry_run);
Result<Steps> forget_run(IcebergRun& run);

}  // namespace sluice::iceberg
