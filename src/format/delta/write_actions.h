// Actions as the JSON of a commit: one a line, the commitInfo first, which tables with in-commit
// timestamps ask for ("Delta Log Entries", "In-Commit Timestamps").
#pragma once

#include <string>

#include "format/delta/actions.h"

namespace sluice::delta {

// Ends with a line's end. Of CommitInfo::parameters each value is written as a text.
std::string commit_text(const Actions& actions);

// A row of a checkpoint for each action. There files are no change of data, and who committed is
// not told ("Checkpoints"). Requires: no sidecars.
std::string checkpoint_text(const Actions& actions);

// The remove action that takes a file away.
RemoveFile remove_of(const AddFile& file, std::int64_t now_ms);

}  // namespace sluice::delta
