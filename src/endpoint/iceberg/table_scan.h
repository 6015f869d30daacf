// Private to endpoint/iceberg: SQL over the data files of one table, deleted rows left out. What it
// returns is valid as long as the scan lives. May be used from several threads.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "endpoint/iceberg/deleted_rows.h"
#include "endpoint/iceberg/scan_groups.h"
#include "endpoint/iceberg/scan_sql.h"

namespace sluice::iceberg {

// Groups and what they are of: select_of() says each in SQL.
struct Scanned {
  std::shared_ptr<const LiveFiles> live;
  ScanInput input;
  std::vector<ScanGroup> groups;
};

class TableScan {
 public:
  // `live`: the state's files, or some of them; null: read when they are first asked for.
  TableScan(TableState state, Engine& engine, std::shared_ptr<const LiveFiles> live = nullptr)
      : state_(std::move(state)),
        engine_(engine),
        given_(std::move(live)),
        deleted_(state_, engine) {}
  ~TableScan();
  TableScan(const TableScan&) = delete;
  TableScan& operator=(const TableScan&) = delete;

  const TableState& state() const { return state_; }

  Result<std::shared_ptr<const LiveFiles>> live();

  // Of files of live().
  ScanInput input(const LiveFiles& live) const;
  // Parts by the place of their file in live().
  Result<Scanned> scan(const std::vector<FilePart>& parts, GroupBy by = GroupBy::kColumns);
  // A query with all columns of the table, by name.
  Result<std::string> select(const std::vector<FilePart>& parts, GroupBy by = GroupBy::kColumns);

  // The rows of a file that vectors and position deletes take out.
  Result<RowSet> deleted_places(const LiveFile& file);

 private:
  Status add_deletes(const ScanInput& input, ScanGroup& group);

  TableState state_;
  Engine& engine_;
  std::shared_ptr<const LiveFiles> given_;
  DeletedRows deleted_;
  std::mutex mutex_;
  std::shared_ptr<const LiveFiles> live_;
  std::vector<Column> dropped_;  // columns that only deletes name
  std::vector<std::string> sources_;
};

}  // namespace sluice::iceberg
