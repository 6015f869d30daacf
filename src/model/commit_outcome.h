// A commit has three outcomes; after kUnknown nothing is retried or cleaned up before the target
// itself was asked.
#pragma once

namespace sluice {

enum class CommitOutcome { kCommitted, kConflict, kUnknown };

}  // namespace sluice
