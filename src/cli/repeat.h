// --every: a command again and again, one round each.
#pragma once

#include <chrono>
#include <functional>

#include "base/result.h"
#include "cli/session.h"

namespace sluice {

// A round that fails is told and the next one comes; an interrupt ends the pause, or the round
// where it is safe. Returns: the worst exit code of the rounds.
Result<int> repeat(Session& session, std::chrono::milliseconds every,
                   const std::function<Result<int>()>& round);

}  // namespace sluice
