// Where a run stands: its events replayed. Pure; state.h has the table of transitions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "journal/event.h"
#include "journal/state.h"
#include "model/digest.h"

namespace sluice {

struct LandedChunk {
  std::uint64_t rows = 0;
  std::string digest;
  std::uint64_t bytes = 0;
};

struct TableProgress {
  PlannedTable plan;  // plan.chunks is what the last TableStarted said
  std::map<int, LandedChunk> chunks;
  bool copied = false;
  std::optional<Comparison> verified;
  std::optional<Comparison> differs;
  // Of the final table, once it is published and the target was asked.
  std::string published_digest;
  std::uint64_t published_rows = 0;
  std::uint64_t rejected = 0;  // rows in a file instead

  std::uint64_t rows() const;
  std::uint64_t bytes() const;
  // The sum of the landed chunks; nullopt where a chunk has no digest.
  std::optional<Digest> digest() const;
};

struct RunProgress {
  RunState state = RunState::kPlanned;
  std::vector<TableProgress> tables;  // empty before Started
  bool publish_intended = false;      // the target has to be asked before anything else is done
  bool published = false;
  bool rollback_intended = false;
  std::optional<BackedUp> backup;
  std::optional<std::string> fingerprint;  // of the last SnapshotTaken
  std::optional<Error> error;              // of the last Failed; Resumed clears it
  std::string interrupted_reason;

  std::uint64_t rows() const;  // landed
  std::uint64_t rejected() const;
  bool all_copied() const;
  bool all_verified() const;
};

// Why `event` may not happen now. Errors: kConflict where the run's state forbids it, kInternal
// where the event contradicts itself or what landed.
Status can_apply(const RunProgress& progress, const Event& event);

// The next progress. Total: an event that can_apply refuses changes nothing.
RunProgress apply(RunProgress progress, const Event& event);

}  // namespace sluice
