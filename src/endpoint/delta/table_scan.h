// Private to endpoint/delta: SQL over the data files of one table, deleted rows left out. What it
// returns is valid as long as the scan lives. May be used from several threads.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "endpoint/delta/deleted_rows.h"
#include "endpoint/delta/scan_sql.h"
#include "endpoint/delta/table_state.h"

namespace sluice::delta {

enum class GroupBy {
  kColumns,  // the fewest scans
  // Scans of one partition each, where there are not too many: a filter on columns of the partition
  // then meets constants, and the engine drops the scans that it rules out with their files
  // unopened.
  kPartition,
};

class TableScan {
 public:
  TableScan(TableState state, Engine& engine) : state_(std::move(state)), engine_(engine) {}
  ~TableScan();
  TableScan(const TableScan&) = delete;
  TableScan& operator=(const TableScan&) = delete;

  const TableState& state() const { return state_; }

  // Parts that one scan reads each. Errors: kNotFound for a file that is not there.
  Result<std::vector<ScanGroup>> groups(const std::vector<FilePart>& parts,
                                        GroupBy by = GroupBy::kColumns);

  // A query with all columns of the table, by display names.
  Result<std::string> select(const std::vector<FilePart>& parts, GroupBy by = GroupBy::kColumns);
  // Of all files.
  Result<std::string> select_all() {
    return select(parts_of(nullptr, state_.snapshot.files.size()));
  }

 private:
  Status add_deleted(ScanGroup& group);

  TableState state_;
  Engine& engine_;
  DeletedRows deleted_;
  Status look_elsewhere();

  std::mutex mutex_;
  bool is_looked_at_ = false;  // of a table that is not on this machine: its files are there
  std::vector<std::string> sources_;
};

}  // namespace sluice::delta
