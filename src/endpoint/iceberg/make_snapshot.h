// Private to endpoint/iceberg: the next snapshot of a table, its manifests written.
#pragma once

#include <map>
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

// A data file with rows that were in the table before. It has the sequence number of the snapshot
// whose rows these are: deletes that come later are of them too.
struct MovedFile {
  PartitionSpec spec;
  DataFile file;
  std::int64_t sequence_number = 0;
};

struct SnapshotChange {
  std::string operation;  // "append", "overwrite", "delete", "replace"
  std::string run;
  std::string property;  // of the summary, with the run's id; "": of a run as `migrate` has it
  std::vector<DataFile> adds;  // of the spec that `after` has
  std::vector<MovedFile> moves;
  std::vector<NewDelete> deletes;
  bool removes_all = false;                  // whatever is in the table
  std::set<std::string> removes;             // data files by address
  std::set<std::string> removes_deletes;     // delete files by delete_key()
  std::map<std::string, DataFile> corrects;  // entries by delete_key(), as they are from now on
  std::set<std::string> rewrites;  // manifests by address that are written anew as they are
};

struct MadeSnapshot {
  Snapshot snapshot;
  std::vector<std::string> written;  // addresses; nobody reads them before the commit
};

// `before` is at the snapshot that becomes the parent; `after` is the table's metadata with the
// columns and the spec of the change. What was written is in `out` after an error too.
Status make_snapshot(const TableState& before, const TableMetadata& after,
                     const SnapshotChange& change, MadeSnapshot& out);

// What the names of files begin with that `lake compact` and `lake fsck --repair` write: no run as
// `migrate` has it, which could be taken back, is known by it.
std::string upkeep_stem(const std::string& run);

// The next snapshot of these manifests, without a summary.
Status write_snapshot(const TableState& before, const TableMetadata& after, const std::string& run,
                      std::vector<ManifestFile> list, MadeSnapshot& out);

// The folder of a table's metadata.
std::string metadata_folder(const TableMetadata& metadata);

}  // namespace sluice::iceberg
