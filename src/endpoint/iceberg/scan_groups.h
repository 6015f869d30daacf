// Private to endpoint/iceberg: which files one scan reads.
#pragma once

#include <vector>

#include "endpoint/iceberg/scan_sql.h"

namespace sluice::iceberg {

// Parts that one scan reads each, without what is deleted of them. Reads footers. Errors: kNotFound
// for a file that is not there, kUnsupported for one that is not Parquet or has no field ids.
Result<std::vector<ScanGroup>> groups_of_files(const ScanInput& input,
                                               const std::vector<FilePart>& parts, Engine& engine,
                                               GroupBy by = GroupBy::kColumns);

}  // namespace sluice::iceberg
