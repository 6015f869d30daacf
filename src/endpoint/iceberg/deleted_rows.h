// Private to endpoint/iceberg: the rows that deletion vectors and position delete files take out of
// data files.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "endpoint/iceberg/live_files.h"
#include "format/row_set/row_set.h"

namespace sluice::iceberg {

// The deletes of one table's files, each delete file read once. May be used from several threads.
class DeletedRows {
 public:
  DeletedRows(const TableState& table, Engine& engine) : table_(table), engine_(engine) {}

  // Reads what applies to these data files. Errors: kCorrupt, kNotFound, kUnsupported naming the
  // table and the delete file.
  Status load(const std::vector<const LiveFile*>& files);

  // The places of a data file that are deleted, by what applies to it. Requires: load() saw it.
  Result<RowSet> of(const LiveFile& file);

  // Whether a file of position deletes names rows of a data file; true where it was not read yet.
  bool may_name(const DataFile& deletes, const std::string& data_file);

 private:
  // Rows that one delete file names, by data file.
  using Positions = std::map<std::string, std::vector<std::uint64_t>>;

  Status load_positions(const std::vector<const DataFile*>& files);
  Result<RowSet> vector_of(const DataFile& vector);

  const TableState& table_;
  Engine& engine_;
  std::mutex mutex_;
  std::map<std::string, Positions> positions_;  // by delete file
  std::map<std::string, RowSet> vectors_;       // by data file
};

}  // namespace sluice::iceberg
