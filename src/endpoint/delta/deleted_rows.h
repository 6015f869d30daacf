// Private to endpoint/delta: the rows that deletion vectors take out of data files.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "endpoint/delta/table_state.h"
#include "engine/engine.h"
#include "format/delta/deletion_vector.h"

namespace sluice::delta {

// The vectors of one table's files, each read once.
class DeletedRows {
 public:
  // May be called from several threads. Errors: kCorrupt, kNotFound naming the table, the data file
  // and the file of the vector.
  // `files`: those of the table's folder.
  Result<RowSet> of(const TableState& table, const AddFile& file, Files& files);

 private:
  Result<RowSet> read_framed(const DeletionVectorDescriptor& vector, const std::string& path,
                             Files& files);

  std::mutex mutex_;
  std::map<std::string, RowSet> known_;  // by the vector's unique id
  std::string file_;                     // that was read last
  std::string bytes_;                    // of it
};

}  // namespace sluice::delta
