// Private to endpoint/iceberg: rows that are deleted because some of their columns are equal to
// what a delete file says ("Equality Delete Files").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/iceberg/scan_sql.h"

namespace sluice::iceberg {

// The way to a column through structs, the table's own column first. Empty where there is none.
std::vector<const Column*> way_to(const std::vector<Column>& columns, std::int32_t id);

// The columns that some equality delete names and the schema does not have any more, as they last
// were. Errors: kCorrupt for a column that no schema has, kUnsupported for one that was dropped out
// of a struct.
Result<std::vector<Column>> dropped_columns(const TableState& table, const LiveFiles& live);

// Delete files that are equal in the columns that they name, as one filter on rows of
// `scan.columns`. Errors: kNotFound, kUnsupported, kCorrupt.
Result<EqualityFilter> equality_filter(const ScanInput& scan,
                                       const std::vector<const ManifestEntry*>& entries,
                                       Engine& engine);

}  // namespace sluice::iceberg
