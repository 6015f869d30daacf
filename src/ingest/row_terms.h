// What SQL says of a batch's rows: their columns, and how two of them compare.
#pragma once

#include <string>
#include <vector>

#include "ingest/column_plan.h"

namespace sluice::ingest {

struct RowTerms {
  ColumnPlan plan;
  std::vector<std::string> key;  // names as the plan has them; may be empty

  // The planned columns of a relation, to write after SELECT.
  std::string columns(const std::string& relation) const;
  // The condition that two relations' keys are equal.
  std::string same_key(const std::string& left, const std::string& right) const;
  // The condition that some planned column differs.
  std::string differs(const std::string& left, const std::string& right) const;
};

}  // namespace sluice::ingest
