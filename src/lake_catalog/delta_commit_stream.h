// One commit of a Delta table's log, however large, in little memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "format/delta/actions.h"
#include "lake_catalog/delta_log.h"

namespace sluice {

struct CommitStream {
  std::string digest;  // of the file's bytes
  std::int64_t modified_ms = 0;
};

// Calls `take` with the actions of a commit that the log has, a part of the file at a time: all
// removes come before the first add. Errors: kCorrupt names the line.
Result<CommitStream> stream_commit(const DeltaLog& log, const delta::CommitFile& commit,
                                   const std::function<Status(delta::Actions)>& take);

// The digest alone.
Result<CommitStream> digest_commit(const DeltaLog& log, const delta::CommitFile& commit);

// Of a commit that is no file yet.
std::string digest_of_commit(std::string_view text);

}  // namespace sluice
