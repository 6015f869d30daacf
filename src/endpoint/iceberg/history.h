// Private to endpoint/iceberg: a table's snapshots in words.
#pragma once

#include <vector>

#include "format/iceberg/metadata.h"
#include "model/lake_facts.h"

namespace sluice::iceberg {

LakeSnapshotFacts snapshot_facts(const TableMetadata& metadata, const Snapshot& snapshot);

// Those that are kept, the newest last.
std::vector<LakeSnapshotFacts> snapshots_of(const TableMetadata& metadata);

}  // namespace sluice::iceberg
