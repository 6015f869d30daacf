// Private to endpoint/delta: looks into data files through the engine and tells what is there. A
// file that cannot be read is a fact, not an error.
#pragma once

#include <vector>

#include "base/files.h"
#include "endpoint/delta/table_scan.h"
#include "endpoint/lake_inspector.h"
#include "format/delta/check_files.h"
#include "format/delta/check_stats.h"

namespace sluice::delta {

class CheckScan {
 public:
  CheckScan(TableScan& scan, std::vector<LeafColumn> leaves, EngineConnection& connection,
            Files& files, const LakeProgress& progress)
      : scan_(scan),
        table_(scan.state()),
        files_(files),
        leaves_(std::move(leaves)),
        connection_(connection),
        progress_(progress) {}

  // Each sets facts by place in Snapshot::files.
  // Errors: kDenied for a file that may not be read.
  Status look_at_disk(std::vector<FileFacts>& facts) const;
  void read_vectors(std::vector<FileFacts>& facts) const;
  Status read_footers(std::vector<FileFacts>& facts);
  // Of files that are readable, whose vectors are sound.
  Status read_values(std::vector<FileFacts>& facts);

  // Whether each bound holds.
  Result<std::vector<bool>> compare(const std::vector<Bound>& bounds);

 private:
  using Places = std::vector<std::size_t>;

  Status look_elsewhere(FileFacts& facts) const;
  Status footers_of(const Places& places, std::vector<FileFacts>& facts);
  Status values_of(const Places& places, std::vector<FileFacts>& facts);
  std::string aggregates() const;

  TableScan& scan_;
  const TableState& table_;
  Files& files_;                                         // of the table's folder
  mutable std::map<std::string, std::uint64_t> listed_;  // bytes by path, elsewhere only
  std::vector<LeafColumn> leaves_;
  EngineConnection& connection_;
  const LakeProgress& progress_;
};

}  // namespace sluice::delta
