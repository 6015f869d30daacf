// The hashes of a batch's rows, whose canonical bytes are written a column at a time: the types are
// looked at once a batch, not once a value. Equal to hashing append_canonical() row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/batch.h"

namespace sluice {

// Keeps its buffers from batch to batch; one for each thread.
class RowHashes {
 public:
  // XXH3-128 over the canonical bytes of each row. Valid until the next call.
  const std::vector<unsigned __int128>& of(const Batch& batch);

 private:
  // The canonical bytes of a column's cells, for types that are not written in place.
  struct Cells {
    std::string bytes;
    std::vector<std::size_t> ends;
  };

  std::size_t lay_out(const Batch& batch, std::size_t begin);
  void add_cells(const ColumnView& column, std::size_t begin, std::size_t end, Cells& cells);
  void write(const ColumnView& column, const Cells& cells, std::size_t begin, std::size_t end);

  std::vector<Cells> cells_;         // by column; empty where the type is written in place
  std::vector<std::size_t> sizes_;   // of the rows under way: room that each needs
  std::vector<std::size_t> starts_;  // by row, in buffer_
  std::vector<char*> cursors_;       // by row, behind what is written
  std::vector<char> buffer_;
  std::vector<unsigned __int128> hashes_;
};

}  // namespace sluice
