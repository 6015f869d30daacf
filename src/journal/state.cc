#include "journal/state.h"

#include <array>
#include <cstddef>

namespace sluice {
namespace {

// In the order of RunState.
constexpr std::array<std::string_view, 12> kNames = {
    "planned", "copying",     "copied", "verified",     "publishing",  "done",
    "differs", "interrupted", "failed", "rolling_back", "rolled_back", "forgotten"};

}  // namespace

std::string_view to_string(RunState state) { return kNames[static_cast<std::size_t>(state)]; }

std::optional<RunState> parse_run_state(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<RunState>(i);
  }
  return std::nullopt;
}

bool is_in_flight(RunState state) {
  return state == RunState::kPlanned || state == RunState::kCopying || state == RunState::kCopied ||
         state == RunState::kPublishing || state == RunState::kRollingBack;
}

}  // namespace sluice
