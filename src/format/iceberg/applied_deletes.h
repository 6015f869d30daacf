// Which delete files apply to which data files ("Scan Planning").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "format/iceberg/manifest.h"

namespace sluice::iceberg {

struct AppliedDeletes {
  const ManifestEntry* vector = nullptr;  // the deletion vector; `position` is empty then
  std::vector<const ManifestEntry*> position;
  std::vector<const ManifestEntry*> equality;

  bool empty() const { return vector == nullptr && position.empty() && equality.empty(); }
};

// Equal for two files of one partition: both spec and values are equal.
std::string partition_key(const PartitionSpec& spec, const DataFile& file);

class DeleteIndex {
 public:
  // `spec` is the one that the entry's manifest has. The entry outlives the index; its sequence
  // number is known (inherit() gave it). Deleted entries are none. Errors: kCorrupt where a data
  // file has two deletion vectors, or a vector lacks its file or its place.
  Status add(const ManifestEntry& entry, const PartitionSpec& spec);

  // Of a data file with a known sequence number.
  AppliedDeletes of(const ManifestEntry& data, const PartitionSpec& spec) const;

 private:
  using Entries = std::vector<const ManifestEntry*>;

  std::map<std::string, const ManifestEntry*> vectors_;  // by data file
  std::map<std::string, Entries> position_of_file_;      // by referenced data file
  std::map<std::string, Entries> position_;              // by partition
  std::map<std::string, Entries> equality_;              // by partition
  Entries global_equality_;                              // of specs without partitions
};

}  // namespace sluice::iceberg
