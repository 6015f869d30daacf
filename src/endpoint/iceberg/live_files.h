// Private to endpoint/iceberg: the data files of a snapshot, each with the delete files that apply
// to it.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "endpoint/iceberg/table_state.h"
#include "format/iceberg/applied_deletes.h"
#include "format/iceberg/manifest.h"

namespace sluice::iceberg {

struct LiveFile {
  const ManifestEntry* entry = nullptr;
  const PartitionSpec* spec = nullptr;
  AppliedDeletes deletes;

  const DataFile& data() const { return entry->file; }
};

// Small files are read by so many threads, which mostly wait for them.
inline constexpr int kReaders = 8;

// One delete file, or one vector of a file of several.
std::string delete_key(const DataFile& file);

// What a file's rows are: equal keys, equal rows. `newest`: without equality deletes that came
// after this sequence number.
std::string rows_key(const LiveFile& file, std::optional<std::int64_t> newest = std::nullopt);

// Shares the manifests that the files point into when it is copied.
class LiveFiles {
 public:
  // Reads manifest list and manifests of the state's snapshot. Errors: kNotFound, kCorrupt,
  // kUnsupported, each naming table and file. `of_data`: kSkip where no bounds are looked at.
  static Result<std::shared_ptr<const LiveFiles>> load(const TableState& table,
                                                       Metrics of_data = Metrics::kRead);

  // Of data files that no snapshot names yet.
  static std::shared_ptr<const LiveFiles> of(const TableState& table, std::vector<DataFile> files);

  const std::vector<LiveFile>& files() const { return files_; }
  // Of the same snapshot, whether they apply to a file or not.
  const std::vector<LiveFile>& delete_files() const { return delete_files_; }
  const std::vector<ManifestFile>& list() const { return list_; }

  // The same without the files that have one of these keys.
  std::shared_ptr<const LiveFiles> without(const std::set<std::string>& keys) const;

 private:
  friend class FilesReader;
  std::vector<ManifestFile> list_;
  // By place in list_; those without a live file are empty.
  std::shared_ptr<std::vector<Manifest>> manifests_ = std::make_shared<std::vector<Manifest>>();
  std::vector<LiveFile> files_;
  std::vector<LiveFile> delete_files_;
};

// The manifests of a snapshot. Version 1 may have them in the metadata itself.
Result<std::vector<ManifestFile>> manifest_list(const TableState& table, const Snapshot& snapshot);

// One manifest, with what its entries inherit.
Result<Manifest> load_manifest(const TableState& table, const ManifestFile& file,
                               Metrics metrics = Metrics::kRead);

}  // namespace sluice::iceberg
