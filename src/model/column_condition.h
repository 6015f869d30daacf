// A condition that a query sets on a column: every row that it can show meets it.
#pragma once

#include <string>

namespace sluice {

enum class Operator { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

struct ColumnCondition {
  std::string column;
  Operator op = Operator::kEqual;
  std::string literal;  // the value as the engine's text of it

  bool operator==(const ColumnCondition&) const = default;
};

}  // namespace sluice
