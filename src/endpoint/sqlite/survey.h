// One pass over a table's values: SQLite's columns promise a type, their values keep it or not.
#pragma once

#include <memory>

#include "endpoint/sqlite/snapshot.h"
#include "model/inventory.h"

namespace sluice::sqlite {

// Sets each Column::type to one that carries all values of the column exactly, or adds a hazard:
//   mixed_types      values of several classes, or of another form than the type's
//   inexact_decimal  reals that are no decimal of the declared precision and scale
//   invalid_utf8     text that is not UTF-8
// Reads with all connections of the snapshot.
Status survey_table(const std::shared_ptr<Snapshot>& snapshot, Table& table);

}  // namespace sluice::sqlite
