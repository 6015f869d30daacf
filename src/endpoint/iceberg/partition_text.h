// Private to endpoint/iceberg: partitions in words.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/iceberg/live_files.h"
#include "model/lake_facts.h"

namespace sluice::iceberg {

// "month(order_date), bucket[16](id)" of new files; "" where they are not parted.
std::string partition_words(const TableMetadata& metadata);

// A file's own values, by the names of its spec's fields.
std::vector<PartitionText> partition_text(const TableMetadata& metadata, const LiveFile& file);

}  // namespace sluice::iceberg
