// Private to endpoint/delta: which data files one scan reads, and the rows that it leaves out.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "endpoint/delta/deleted_rows.h"
#include "endpoint/delta/scan_sql.h"
#include "engine/engine.h"

namespace sluice::delta {

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
  Result<std::vector<ScanGroup>> of(const TableState& table, const std::vector<FilePart>& parts);

 private:
  Status add_deleted(const TableState& table, ScanGroup& group);

  Engine& engine_;
  DeletedRows deleted_;
  std::mutex mutex_;
  std::vector<std::string> sources_;
};

}  // namespace sluice::delta
