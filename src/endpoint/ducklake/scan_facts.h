// Private to endpoint/ducklake: looks into files through the engine and tells what is there. A file
// that cannot be read is a fact, not an error.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "endpoint/lake_inspector.h"
#include "format/ducklake/check_stats.h"
#include "format/ducklake/file_facts.h"
#include "format/ducklake/lake_records.h"

namespace sluice::ducklake {

struct DataFileScan {
  const DataFileRow* row = nullptr;
  std::string path;
  FileFacts* facts = nullptr;
};

struct DeleteFileScan {
  const DeleteFileRow* row = nullptr;
  std::string path;
  DeleteFacts* facts = nullptr;
};

class FactScanner {
 public:
  FactScanner(EngineConnection& connection, const LakeRecords& records,
              const LakeProgress& progress);

  // Sets what footers tell: rows, columns, problems.
  Status read_footers(std::vector<DataFileScan> files);
  // Reads all values of the files whose footers are sound.
  Status read_values(std::vector<DataFileScan> files);
  Status read_deletions(std::vector<DeleteFileScan> files);
  // The values of one file without those that are deleted or of later snapshots.
  Result<FactsByColumn> visible_values(const DataFileScan& file, const DeleteFileScan* deletes);
  // Whether the bounds hold; a bound that cannot be read does not.
  Result<std::vector<bool>> compare(const std::vector<Bound>& bounds);

 private:
  struct Batch;
  Status footers_of(const std::vector<DataFileScan>& files);
  Status values_of(const Batch& batch, const std::vector<DataFileScan>& files);
  Status deletions_of(const std::vector<DeleteFileScan>& files);
  Status inlined_too(const DeleteFileScan& file);
  std::string positions_in_catalog(Id file) const;

  EngineConnection& connection_;
  const LakeRecords& records_;
  const LakeProgress& progress_;
  Id newest_;
  std::map<Id, std::set<Id>> bounded_;             // by table
  std::map<Id, std::vector<Id>> inlined_deletes_;  // by data file
};

}  // namespace sluice::ducklake
