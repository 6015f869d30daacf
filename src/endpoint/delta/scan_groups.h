// Private to endpoint/delta: which data files one scan reads, and the rows that it leaves out.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "endpoint/delta/deleted_rows.h"
#include "endpoint/delta/scan_sql.h"
#include "engine/engine.h"

namespace sluice::delta {

enum class GroupBy {
  kColumns,  // the fewest scans
  // Scans of one partition each, where there are not too many: a filter on columns of the partition
  // then meets constants, and the engine drops the scans that it rules out with their files
  // unopened.
  kPartition,
};

// Of one table. The relations of deleted rows that groups name are there as long as this lives.
class ScanGroups {
 public:
  explicit ScanGroups(Engine& engine) : engine_(engine) {}
  ~ScanGroups();
  ScanGroups(const ScanGroups&) = delete;
  ScanGroups& operator=(const ScanGroups&) = delete;

  // Whole files whose columns have the same names in them are one group, a part of a file is one
  // by itself. May be called from several threads. Errors: as file_ids.h and deleted_rows.h have
  // them.
  Result<std::vector<ScanGroup>> of(const TableState& table, const std::vector<FilePart>& parts,
                                    GroupBy by = GroupBy::kColumns);

 private:
  Status add_deleted(const TableState& table, ScanGroup& group);

  Engine& engine_;
  DeletedRows deleted_;
  std::mutex mutex_;
  std::vector<std::string> sources_;
};

}  // namespace sluice::delta
