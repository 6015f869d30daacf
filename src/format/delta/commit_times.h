// When a version was committed: by the in-commit timestamps of a table that has them, else by when
// the file of the commit was written ("In-Commit Timestamps").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/delta/actions.h"

namespace sluice::delta {

struct CommitTime {
  Version version = 0;
  std::int64_t modified_ms = 0;  // of its file
  std::optional<std::int64_t> in_commit_ms;
};

// From this version on a table's commits carry their time; nullopt where they do not.
std::optional<Version> in_commit_since(const Metadata& metadata);

// The time of each, ascending: where a file is not younger than the one before it, it is taken to
// be a millisecond younger. Requires: sorted by version. Errors: kCorrupt where a commit lacks its
// own.
Result<std::vector<std::int64_t>> times_of(const std::vector<CommitTime>& commits,
                                           std::optional<Version> in_commit,
                                           const std::string& table);

// Milliseconds since 1970 of an ISO 8601 time; UTC where it has no offset. Errors: kInvalid.
Result<std::int64_t> parse_moment(const std::string& text);

// RFC 3339, UTC, with milliseconds.
std::string moment_text(std::int64_t ms);

}  // namespace sluice::delta
