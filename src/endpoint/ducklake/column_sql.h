// Private to endpoint/ducklake: a table's columns out of rows that were written when it had others.
// Columns, and the parts of nested ones, are found again by their numbers; what was not there yet
// is its initial default.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "format/ducklake/columns.h"

namespace sluice::ducklake {

// Engine SQL that makes `now` of `operand`, which is written as `before`. Equal types leave the
// operand as it is.
Result<std::string> column_from(const LakeColumn& before, const LakeColumn& now,
                                const std::string& operand);

// Engine SQL for a column that rows lack.
Result<std::string> missing_column(const LakeColumn& now);

// One expression for each of `now`, each AS its name, over a relation with the columns `before`
// under their names.
Result<std::vector<std::string>> select_list(const std::vector<LakeColumn>& before,
                                             const std::vector<LakeColumn>& now);

}  // namespace sluice::ducklake
