// Private to endpoint/iceberg: the next snapshot of a table, its manifests written.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "endpoint/iceberg/table_state.h"
#include "format/iceberg/manifest.h"

namespace sluice::iceberg {

// A file that deletes rows of one data file; it is of that file's partition.
struct NewDelete {
  PartitionSpec spec;
  DataFile file;
};

struct SnapshotChange {
  std::string operation;  // "append", "overwrite", "delete"
  std::string run;
  std::vector<DataFile> adds;  // of the spec that `after` has
  std::vector<NewDelete> deletes;
  bool removes_all = false;       // whatever is in the table
  std::set<std::string> removes;  // data files by address
};

struct MadeSnapshot {
  Snapshot snapshot;
  std::vector<std::string> written;  // addresses; nobody reads them before the commit
};

// `before` is at the snapshot that becomes the parent; `after` is the table's metadata with the
// columns and the spec of the change. What was written is in `out` after an error too.
Status make_snapshot(const TableState& before, const TableMetadata& after,
                     const SnapshotChange& change, MadeSnapshot& out);

// The next snapshot of these manifests, without a summary.
Status write_snapshot(const TableState& before, const TableMetadata& after, const std::string& run,
                      std::vector<ManifestFile> list, MadeSnapshot& out);

// The folder of a table's metadata.
std::string metadata_folder(const TableMetadata& metadata);

}  // namespace sluice::iceberg
