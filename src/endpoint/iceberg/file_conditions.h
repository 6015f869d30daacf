// Private to endpoint/iceberg: which data files can hold a row that a query wants, by the values of
// their partitions and the bounds of their columns.
#pragma once

#include <vector>

#include "endpoint/iceberg/live_files.h"
#include "format/iceberg/value.h"
#include "model/column_condition.h"

namespace sluice::iceberg {

class FileConditions {
 public:
  // Conditions on columns that are not there, on types whose bounds readers do not agree on
  // (floats, bytes, UUIDs), and with literals that are no value of the column are passed over.
  // `schema` outlives it.
  FileConditions(const Schema& schema, const std::vector<ColumnCondition>& conditions);

  // False only where no row of the file meets all of them.
  bool may_hold_a_row(const LiveFile& file) const;

 private:
  struct Condition {
    const Column* column = nullptr;
    Operator op = Operator::kEqual;
    Value value;
  };

  static bool may_meet(const LiveFile& file, const Condition& condition);

  std::vector<Condition> conditions_;
};

}  // namespace sluice::iceberg
