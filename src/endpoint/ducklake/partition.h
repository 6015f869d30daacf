// Private to endpoint/ducklake: how the rows of a table become files of one partition each
// (specification, "ducklake_partition_column").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/ducklake/columns.h"
#include "lake_catalog/catalog_database.h"

namespace sluice::ducklake {

// What files that are written now are parted by; without terms, not at all.
struct TablePartition {
  std::optional<Id> id;
  std::vector<std::string> terms;  // engine expressions over the columns
  // The engine cannot part by one of the fields: files stay without a partition, which readers take
  // for files that may have any row.
  bool is_unknown = false;
};

// The engine's expression for the value of a field; "" for a transform that is not known.
// `transform` as the catalog spells it: "identity", "month", "bucket(16)".
std::string partition_term(const std::string& transform, const std::string& column,
                           const Type& type);

// Of a table as it is now. `columns` may bear names of the writer's own; numbers tell which is
// which. Requires: a transaction of `database`.
Result<TablePartition> read_partition(CatalogDatabase& database, Id table,
                                      const std::vector<LakeColumn>& columns);

}  // namespace sluice::ducklake
