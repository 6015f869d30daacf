// Commits that a catalog has and that are not known to be in their tables' logs yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/delta/commit_rules.h"
#include "lake_catalog/delta_catalog.h"

namespace sluice {

// A row of delta_unmirrored.
struct UnmirroredCommit {
  std::string table_id;
  delta::Version version = 0;
  std::string publication;     // commits of one transaction
  std::string transaction_id;  // of its commitInfo; stays, whatever version it gets
  std::string owner;           // the run
  std::int64_t committed_ms = 0;
  delta::TableChange change;  // as it was wanted
  std::string text;           // as it stands at that version
};

// All of them by table; of one publication or table where that is not "".
Result<std::vector<UnmirroredCommit>> unmirrored_commits(DeltaCatalog& catalog,
                                                         const std::string& publication,
                                                         const std::string& table_id);

// Without the texts: for a look at how far the log is behind.
struct UnmirroredFacts {
  delta::Version version = 0;
  std::int64_t committed_ms = 0;
};
Result<std::optional<UnmirroredFacts>> unmirrored_facts(DeltaCatalog& catalog,
                                                        const std::string& table_id);

// Both require begin_write() and the table's lock.
Status insert_unmirrored(DeltaCatalog& catalog, const UnmirroredCommit& commit);
Status delete_unmirrored(DeltaCatalog& catalog, const std::string& table_id);

// Where the tables are that have such commits, each once.
Result<std::vector<std::string>> unmirrored_places(DeltaCatalog& catalog);

}  // namespace sluice
