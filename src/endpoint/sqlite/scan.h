// The fast path: rows straight from SQLite into the engine's arrays.
#pragma once

#include <memory>
#include <vector>

#include "endpoint/sqlite/shape.h"
#include "endpoint/sqlite/snapshot.h"
#include "engine/table_source.h"

namespace sluice::sqlite {

// A scan of `ranges`, each a partition. Values that a column's type cannot carry end it with
// kWouldLoseData.
std::shared_ptr<TableSource> make_scan(std::shared_ptr<Snapshot> snapshot, const Table& table,
                                       const Shape& shape, std::vector<RowRange> ranges,
                                       std::uint64_t rows_estimate);

}  // namespace sluice::sqlite
