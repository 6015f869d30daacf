// What a table's log says that cannot be so. Pure: the files of the log are read elsewhere.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "format/delta/log_files.h"
#include "format/delta/replay.h"
#include "model/lake_facts.h"

namespace sluice::delta {

// Commits that are missing between others: some versions cannot be read.
std::vector<LakeFinding> check_listing(const LogListing& listing, const std::string& table);

// What one commit says twice, or takes away and brings at once ("Action Reconciliation": within a
// version at most one of them for a logical file). `file`: of the log, for the findings.
std::vector<LakeFinding> check_commit(const Actions& actions, const std::string& file,
                                      const std::string& table);

// A checkpoint, or what else stands for several commits, against what those make: protocol,
// metadata, files, transactions and domains. `kind`: "wrong_checkpoint", "wrong_compaction".
std::vector<LakeFinding> compare_states(const Snapshot& said, const Snapshot& replayed,
                                        const std::string& kind, const std::string& file,
                                        const std::string& table);

}  // namespace sluice::delta
