// The columns of a table at one snapshot, as a tree.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "format/ducklake/catalog_rows.h"
#include "model/type.h"

namespace sluice::ducklake {

// A column, or a part of one: the element of a list, the key and the value of a map, a field of a
// struct.
struct LakeColumn {
  ColumnRow row;
  Type type;  // its parts included
  std::vector<LakeColumn> parts;
};

// Requires: `rows` are those of one table that one snapshot holds. In the table's order.
// Errors: kCorrupt for a part without its column, a list without one element, a map without key
// and value; kUnsupported for a type that sluice does not know. Both name the column.
Result<std::vector<LakeColumn>> column_tree(const std::vector<ColumnRow>& rows,
                                            const std::string& table);

// Whether files written with `before` may be read by names as a table with `now`: the same columns
// by id, name and type, parts included, in any order.
bool same_layout(const std::vector<LakeColumn>& before, const std::vector<LakeColumn>& now);

// Rows for a new table's columns, numbered from 1 (specification, "ducklake_column").
// Errors: kUnsupported for a type that DuckLake has not.
struct NewColumn {
  std::string name;
  Type type;
  bool nullable = true;
};
Result<std::vector<ColumnRow>> column_rows(const std::vector<NewColumn>& columns, Id table_id,
                                           Id snapshot);

}  // namespace sluice::ducklake
