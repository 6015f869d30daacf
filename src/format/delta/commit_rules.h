// What a commit has to see before it takes a version, and what it learns only then: whether what
// others committed meanwhile stands against it, its time and its rows' numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "format/delta/actions.h"

namespace sluice::delta {

struct TableChange {
  Actions actions;
  // It was made of all rows that the table had: any other change of rows stands against it. Else
  // rows may come and go meanwhile, but for those of the files that it removes.
  bool depends_on_rows = false;
};

// Whether `change`, made for a version before, still holds after `theirs`, which is `version`.
// Errors: kConflict with what stands against it.
Status check_meanwhile(const TableChange& change, const Actions& theirs, Version version,
                       const std::string& table);

// The domain that keeps the highest number of a row ("Row Tracking").
inline constexpr const char* kRowTrackingDomain = "delta.rowTracking";

struct CommitPlace {
  Version version = 0;
  std::int64_t now_ms = 0;
  bool has_in_commit_time = false;
  std::optional<std::int64_t> previous_ms;  // in-commit time of the version before
  std::optional<std::int64_t> highest_row;  // where rows have numbers; -1 for none yet
};

// The highest number of a row that a domain's configuration tells. Errors: kCorrupt.
Result<std::int64_t> highest_row_of(const DomainMetadata& domain, const std::string& table);

// The actions as they are written at that place. Errors: kInternal for files without a count of
// rows where rows have numbers.
Result<Actions> placed(Actions actions, const CommitPlace& place);

}  // namespace sluice::delta
