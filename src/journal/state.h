// The states of a run and the transitions between them.
//
//   event             allowed in                                        then
//   ----------------  ------------------------------------------------  --------------------------
//   Started           planned, once                                     copying
//   BackedUp          planned, copying, copied, verified                -
//   SnapshotTaken     planned, copying, copied, verified                -
//   TableStarted      copying, copied, verified; no publish intended    copying, the table is empty
//   ChunkLanded       copying; table not copied, chunk not landed with  -
//                     another digest
//   TableCopied       copying; every chunk of the table landed          copied, with the last table
//   TableVerified     copying, copied, differs; table copied, does not  verified, with the last
//                     differ; rows and digests equal, and those landed
//   Differs           copying, copied, differs; table copied            differs
//   PublishIntended   verified                                          publishing
//   Published         publishing; verified after an intention           done
//   RollbackIntended  everything but rolled_back and forgotten          rolling_back
//   RolledBack        rolling_back                                      rolled_back
//   Interrupted       planned ... publishing, differs, rolling_back     interrupted
//   Failed            as Interrupted, and interrupted                   failed
//   Resumed           planned ... publishing, differs, interrupted,     what stands: planned,
//                     failed; no rollback intended                      copying, copied, verified
//   Forgotten         done                                              forgotten
//   Note, Rejected    always                                            -
//
// Invariants of every state that can be reached:
//   - done and forgotten: every table is verified, its landed chunks sum to its digest, and a
//     publication was intended before it happened;
//   - an intention stays on record through interruption and failure, so that resume asks the target
//     whether the commit happened before it does anything else;
//   - once a rollback is intended nothing but a rollback goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice {

enum class RunState : std::uint8_t {
  kPlanned,
  kCopying,
  kCopied,
  kVerified,
  kPublishing,
  kPublished,
  kDiffers,
  kInterrupted,
  kFailed,
  kRollingBack,
  kRolledBack,
  kForgotten,
};

// Stable names, used in JSON: "planned", "copying", ..., kPublished is "done".
std::string_view to_string(RunState state);
std::optional<RunState> parse_run_state(std::string_view name);

// A process has to be at work in these; with none the run was killed.
bool is_in_flight(RunState state);

}  // namespace sluice
