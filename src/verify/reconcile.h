// How the values of two columns are made comparable: pure, types in, SQL out. In every expression
// {0} stands for the quoted column.
#pragma once

#include <string>

#include "model/type.h"

namespace sluice {

struct Reconciled {
  std::string source_sql = "{0}";
  std::string target_sql = "{0}";
  // Why it is not a plain comparison of two columns of one kind; "" where it is.
  std::string note;
};

// True where equal values of the two types have equal canonical bytes (docs/formats/digest.md).
bool share_canonical_bytes(const Type& a, const Type& b);

// An exact number equals a float where it is what the float's shortest text says, or all its digits
// (model/number_compare.h). A text is compared with numbers as the number that it is, else as text.
// Booleans are compared with numbers as 0 and 1, dates with timestamps as timestamps. Blobs and
// text never compare equal, all else is compared as text.
Reconciled reconcile(const Type& source, const Type& target);

// An expression that reads a column of type `found` as `wanted`, for a digest that has to equal one
// taken of `wanted` values. Fails in the engine, rather than change it, for a value that `wanted`
// cannot hold.
std::string read_as_sql(const Type& wanted, const Type& found);

// `sql` with {0} replaced by the quoted column.
std::string over_column(const std::string& sql, const std::string& column);

}  // namespace sluice
