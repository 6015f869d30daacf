// Private to endpoint/delta: a table's versions in words.
#pragma once

#include <string>
#include <vector>

#include "endpoint/delta/find_tables.h"
#include "model/lake_facts.h"

namespace sluice::delta {

// Those whose commits are kept, the newest last.
Result<std::vector<LakeSnapshotFacts>> snapshots_of(const FoundTable& table, Engine& engine);

Result<std::vector<DeltaCommit>> commits_of(const FoundTable& table, Engine& engine);

// One of them; of a version whose commit is gone only the number is known.
Result<LakeSnapshotFacts> snapshot_facts(const FoundTable& table, Version version, Engine& engine);
Result<LakeSnapshotFacts> snapshot_facts(const DeltaLog& log, Version version);

// RFC 3339; "" where the commit is gone.
Result<std::string> time_of(const FoundTable& table, Version version, Engine& engine);

}  // namespace sluice::delta
