// What a ReadSession may be besides: one that leaves files unopened in which no wanted row can be.
#pragma once

#include <vector>

#include "base/result.h"
#include "model/column_condition.h"
#include "model/inventory.h"

namespace sluice {

class TakesConditions {
 public:
  virtual ~TakesConditions() = default;

  // Nobody wants other rows of the table than those that meet all conditions: relations of the
  // whole table that are made later may leave out files in which no row does. The conditions
  // themselves are not applied.
  virtual Status ask_only(const Table& table, const std::vector<ColumnCondition>& conditions) = 0;
};

}  // namespace sluice
