// Private to endpoint/iceberg: fields of a partition spec as engine expressions.
#pragma once

#include <string>
#include <vector>

#include "format/iceberg/metadata.h"

namespace sluice::iceberg {

// A field of a spec over a table's columns by name.
struct PartitionTerm {
  std::size_t field = 0;  // of the spec
  std::string name;
  std::string sql;
  ColumnType type;  // of its values
};

// Those that the engine can say: identity, year, month, day and hour of columns that the schema
// has.
std::vector<PartitionTerm> partition_terms(const Schema& schema, const PartitionSpec& spec);

}  // namespace sluice::iceberg
