// What became of a row of a batch in memory, and which rows have a key that an earlier one has.
#pragma once

#include <vector>

#include "engine/kept_rows.h"

namespace sluice::ingest {

// "Other": with other values in some column than the row that has its key.
enum RowMark : Mark {
  kStays,
  kRejected,
  kInBatch,
  kInBatchOther,
  kInTable,
  kInTableOther,
  kLeftOut,
};

// Marks each row that stays and whose key stands in a row before. `rows` are as RowSource gives
// them: `planned` columns, the place, the hash of the record. `key`: numbers of columns.
// Keys are one where 128 bits of a hash over their canonical bytes are (model/row_hashes.h), as in
// digests; so are rows that are compared because their records differ.
Status mark_later_rows(KeptRows& rows, const std::vector<std::size_t>& key, std::size_t planned,
                       int threads);

}  // namespace sluice::ingest
